// SPDX-License-Identifier: GPL-2.0-or-later
//
// LZNT1: a chunk stands for 4096 bytes, and knows nothing of the chunks before it. It is a sequence of bytes as they are and of
// references to bytes before in the chunk, eight to a byte of flags. Of a reference's 16 bits the more are for how
// far back, the further back there is.
//
// https://flatcap.github.io/linux-ntfs/ntfs/concepts/compression.html
#include "formats/ntfs/unpacked.h"

#include <algorithm>

#include "base/checked.h"
#include "formats/ntfs/geometry.h"
#include "formats/ntfs/stream.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 chunk_bytes = 4096, chunk_header = 2;
constexpr u64 largest_unit = u64{1} << 20; // of a sound volume: 64 KiB

u64 word_at(std::span<const u8> bytes, u64 at) { return static_cast<u64>(bytes[at] | bytes[at + 1] << 8); }

void unpack_chunk(std::span<const u8> packed, Bytes &out) {
  const size_t start = out.size();
  for (size_t at = 0; at < packed.size();) {
    u8 flags = packed[at++];
    for (int bit = 0; bit < 8 && at < packed.size(); bit++, flags >>= 1) {
      size_t done = out.size() - start;
      if (!(flags & 1)) {
        out.push_back(packed[at++]);
        continue;
      }
      if (packed.size() - at < 2 || done == 0) throw Damage("a compressed chunk begins with a reference, or ends within one", 0);
      int for_distance = 4;
      while (done > size_t{1} << for_distance) for_distance++;
      u64 word = word_at(packed, at), distance = (word >> (16 - for_distance)) + 1, length = (word & (0xffffU >> for_distance)) + 3;
      at += 2;
      if (distance > done || done + length > chunk_bytes) throw Damage("a compressed chunk refers to what is not in it", 0);
      for (u64 i = 0; i < length; i++) out.push_back(out[out.size() - distance]);
    }
    if (out.size() - start > chunk_bytes) throw Damage("a compressed chunk stands for more than 4096 bytes", 0);
  }
}

class UnpackedSpace : public Space {
public:
  explicit UnpackedSpace(const Node &attribute)
      : volume(geometry_of(attribute).volume), cluster_bytes(geometry_of(attribute).shape.cluster_bytes),
        unit(*unit_clusters(attribute)), runs(runs_of_stream(attribute)) {
    unit_bytes = checked_mul(unit, cluster_bytes, "the length of a compression unit");
    if (unit_bytes > largest_unit) damaged(attribute, 0, "a compression unit of " + std::to_string(unit_bytes) + " bytes");
    u64 clusters = runs.empty() ? 0 : checked_add(runs.back().vcn, runs.back().length, "the stream's clusters");
    length = std::min(number(attribute, "data_size"), checked_mul(clusters, cluster_bytes, "the stream's length"));
    initialized = std::min(number(attribute, "initialized_size"), length);
  }

  u64 size() const override { return length; }

  void read(u64 at, std::span<u8> out) const override {
    check_range(at, out.size(), length);
    for (u64 done = 0; done < out.size();) {
      u64 within = (at + done) % unit_bytes, count = std::min<u64>(unit_bytes - within, out.size() - done);
      Bytes bytes = unit_at((at + done) / unit_bytes);
      std::copy_n(bytes.begin() + static_cast<i64>(within), count, out.begin() + static_cast<i64>(done));
      done += count;
    }
    u64 valid = std::min<u64>(initialized - std::min(initialized, at), out.size());
    std::ranges::fill(out.subspan(valid), u8{0});
  }

  std::vector<Extent> locate(u64 at, u64) const override { throw Damage("what is unpacked has no place on the disk", at); }
  std::optional<Extent> offset_of(u64) const override { return std::nullopt; }

private:
  Bytes unit_at(u64 n) const {
    std::vector<Run> there;
    u64 given = 0, used = 0, first = n * unit, end = first + unit;
    auto run = std::ranges::upper_bound(runs, first, {}, &Run::vcn);
    for (run = run == runs.begin() ? run : std::prev(run); run != runs.end() && run->vcn < end; ++run) {
      u64 from = std::max(run->vcn, first), until = std::min(run->vcn + run->length, end);
      if (from >= until) continue;
      given += until - from;
      if (!run->lcn) continue;
      used += until - from;
      there.push_back(part_of(*run, from - run->vcn, until - from));
    }
    Bytes bytes = bytes_at(*clusters_of(volume, there, cluster_bytes), 0, used * cluster_bytes);
    if (used > 0 && used < given) return unpacked(bytes, unit_bytes);
    bytes.resize(unit_bytes);
    return bytes;
  }

  SpacePtr volume;
  u64 cluster_bytes, unit, unit_bytes = 0, length = 0, initialized = 0;
  std::vector<Run> runs;
};

} // namespace

Bytes unpacked(std::span<const u8> stored, u64 size) {
  Bytes out;
  for (u64 at = 0, chunk = 0; chunk * chunk_bytes < size && stored.size() - at >= chunk_header; chunk++) {
    u64 header = word_at(stored, at), length = (header & 0xfff) + 1;
    if (header == 0) break;
    if (length > stored.size() - at - chunk_header) throw Damage("a compressed chunk leaves its unit", 0);
    std::span<const u8> packed = stored.subspan(at + chunk_header, length);
    if (header & 0x8000) unpack_chunk(packed, out);
    else out.insert(out.end(), packed.begin(), packed.end());
    out.resize((chunk + 1) * chunk_bytes);
    at += chunk_header + length;
  }
  out.resize(size);
  return out;
}

SpacePtr unpacked_content(const Node &attribute) { return std::make_shared<UnpackedSpace>(attribute); }

} // namespace lab::ntfs
