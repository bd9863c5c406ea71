// SPDX-License-Identifier: GPL-2.0-or-later
//
// exFAT volumes for tests: made by mkfs.exfat, with files that are written here entry by entry, and that
// fsck.exfat has to find in order.
#pragma once

#include "../images.h"
#include "base/sums.h"

namespace lab::exfat_test {

using namespace lab::test;

constexpr u64 cluster_bytes = 4096;
constexpr u64 root_cluster =
    5; ///< mkfs.exfat puts the bitmap into cluster 2 and the up-case table into 3 and 4

inline void put_le(Bytes &bytes, size_t at, u64 value, size_t width) {
  for (size_t i = 0; i < width; i++) bytes[at + i] = static_cast<u8>(value >> (8 * i));
}

struct File {
  std::string name;
  u64 attributes;
  std::vector<u64> clusters;
  u64 bytes;
  bool contiguous;
};

/// A file's set of entries. Names are of ASCII letters, whose upper case needs no table.
inline Bytes set_of(const File &file) {
  Bytes name = utf16le(file.name), upper = name;
  for (u8 &byte : upper)
    if (byte >= 'a' && byte <= 'z') byte -= 0x20;
  u64 parts = (file.name.size() + 14) / 15;
  Bytes set((2 + parts) * 32);
  set[0] = 0x85;
  set[1] = static_cast<u8>(1 + parts);
  put_le(set, 4, file.attributes, 2);
  for (size_t at : {8, 12, 16}) put_le(set, at, 0x585d6000, 4);
  set[32] = 0xc0;
  set[33] = file.contiguous ? 3 : 1;
  set[35] = static_cast<u8>(file.name.size());
  put_le(set, 36, exfat_name_hash(upper), 2);
  put_le(set, 40, file.bytes, 8);
  put_le(set, 52, file.clusters.empty() ? 0 : file.clusters[0], 4);
  put_le(set, 56, file.bytes, 8);
  for (u64 part = 0; part < parts; part++) {
    set[64 + part * 32] = 0xc1;
    size_t from = part * 30, length = std::min<size_t>(30, name.size() - from);
    std::copy_n(name.begin() + static_cast<i64>(from), length,
                set.begin() + static_cast<i64>(66 + part * 32));
  }
  put_le(set, 2, exfat_entry_set_sum(set), 2);
  return set;
}

/// a.txt in one piece, chained.bin in three, a directory with a file, an empty file.
class Volume {
 public:
  explicit Volume(u64 start = 0, u64 size = 16 * MiB) : start(start), disk(image(start + size)) {
    disk->run(fmt::format("truncate -s {} {{dir}}/volume && mkfs.exfat -c 4096 -L TESTED {{dir}}/volume && "
                          "dd if={{dir}}/volume of={{disk}} bs=1M seek={} conv=notrunc,sparse",
                          size, start / MiB));
    heap_at = start + 512 * number_at(start + 88);
    fat_at = start + 512 * number_at(start + 80);
    add(root_cluster, 3, {"a.txt", 0x20, {6, 7}, 5000, true});
    add(root_cluster, 6, {"chained.bin", 0x20, {8, 10, 12}, 10000, false});
    add(root_cluster, 9, {"Directory", 0x10, {9}, cluster_bytes, true});
    add(root_cluster, 12, {"empty", 0x20, {}, 0, false});
    add(9, 0, {"a name of some length.txt", 0x21, {11}, 4096, true});
  }

  Node open(const VolumeChoice &choice = {}) const { return open_disk(disk, choice); }
  u64 place(u64 cluster) const { return heap_at + (cluster - 2) * cluster_bytes; }

  void write(u64 at, const Bytes &bytes) { disk->write(at, bytes); }
  void set_link(u64 cluster, u64 next) {
    Bytes bytes(4);
    put_le(bytes, 0, next, 4);
    write(fat_at + 4 * cluster, bytes);
  }

  /// What a tool prints about the volume; its exit code is in the last line.
  std::string output_of(const std::string &tool) {
    disk->run(fmt::format("dd if={{disk}} of={{dir}}/volume bs=1M skip={} conv=sparse 2>/dev/null; "
                          "({} {{dir}}/volume; echo exit $?) >{{dir}}/output 2>&1",
                          start / MiB, tool));
    std::ifstream stream(disk->folder / "output");
    return std::string(std::istreambuf_iterator<char>(stream), {});
  }

  u64 start;
  Image disk;
  u64 heap_at = 0, fat_at = 0;

 private:
  u64 number_at(u64 at) const {
    Bytes bytes = bytes_at(*disk, at, 4);
    return bytes[0] | bytes[1] << 8 | bytes[2] << 16;
  }

  void add(u64 directory, u64 slot, const File &file) {
    write(place(directory) + 32 * slot, set_of(file));
    for (size_t i = 0; i < file.clusters.size(); i++) {
      u64 bit = file.clusters[i] - 2;
      Bytes byte = bytes_at(*disk, place(2) + bit / 8, 1);
      write(place(2) + bit / 8, {static_cast<u8>(byte[0] | 1 << bit % 8)});
      bool last = i + 1 == file.clusters.size();
      if (!file.contiguous) set_link(file.clusters[i], last ? 0xffffffff : file.clusters[i + 1]);
    }
  }
};

} // namespace lab::exfat_test
