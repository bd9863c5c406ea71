// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every directory, set of entries and chain of an exFAT volume, once, and the sums on the way: each set's checksum and
// name hash. Directories wait in a list to be read, so that none is entered from within another; one whose clusters were
// claimed before is not read again, and so a tree that loops ends.
#include <cstring>

#include <fmt/format.h>

#include "base/sums.h"
#include "formats/chain_walk.h"
#include "formats/exfat/directory.h"
#include "formats/exfat/names.h"
#include "formats/exfat/tables.h"
#include "schema/fixed.h"
#include "schema/value.h"

namespace lab::exfat {

namespace {

constexpr u64 units_in_part = 15, bad_cluster = 0xfffffff7, all_bits = 0xffffffff;
constexpr u8 unknown_percentage = 0xff;

const Fixed secondary_count(tables::file_entry, "secondary_count"), checksum(tables::file_entry, "set_checksum");
const Fixed attributes(tables::file_entry, "attributes");
const Fixed flags(tables::stream, "flags"), name_length(tables::stream, "name_length"), hash(tables::stream, "name_hash");
const Fixed valid_length(tables::stream, "valid_data_length");
const Fixed first_cluster(tables::stream, "first_cluster"), data_length(tables::stream, "data_length");
const Fixed name_units(tables::name_part, "type"); // for the slot's type; its units begin two bytes on
constexpr u64 no_fat_chain = 2, directory_attribute = 0x10;

LinkTable links_of(const Node &volume) {
  const Geometry &g = geometry_of(volume);
  return {volume_facts(volume).volume, g.fat_at + g.active_fat * g.fat_bytes, g.fat_bytes, 32, all_bits, bad_cluster,
          bad_cluster + 1, g.heap_at, g.cluster_bytes, g.cluster_count};
}

class Walker {
public:
  Walker(const Node &volume_node, Census &into)
      : volume(volume_node), g(geometry_of(volume)), upcase(upcase_of(volume)), census(into), chains(links_of(volume), into) {}

  void run() {
    waiting.push_back({"", root_allocation(volume)});
    while (!waiting.empty()) {
      directory = std::move(waiting.back());
      waiting.pop_back();
      enter();
    }
    compare_with_bitmap();
    census.count("files", files);
    census.count("directories", directories);
    census.count("entries of deleted files", deleted_entries);
    census.count("entries", entries);
    census.count("clusters of files and directories", owned);
  }

private:
  struct Waiting {
    std::string path;
    Allocation allocation;
  };

  void enter() {
    directories++;
    std::vector<Piece> pieces;
    claim(directory.path, 0, directory.allocation, &pieces);
    space = std::make_shared<MappedSpace>(volume_facts(volume).volume, std::move(pieces));
    if (space->size() > largest_directory) damage(directory.path, 0, fmt::format("the directory has {} bytes, more than {}", space->size(), largest_directory));
    try {
      chains.each_window(*space, [&](u64 at, std::span<const u8> slots) { return window(at, slots); });
    } catch (const Damage &error) { census.damage(named(directory.path), error.at, error.what()); }
  }

  /// All slots of a window but a set that may go on behind it.
  u64 window(u64 at, std::span<const u8> slots) {
    for (u64 i = 0; i + slot_bytes <= slots.size();) {
      const u8 *slot = slots.data() + i;
      if (slot[0] == end_type) return 0;
      u64 size = slot_bytes;
      if (slot[0] == file_type) {
        size += secondary_count(slot) * slot_bytes;
        if (i + size > slots.size()) {
          if (at + slots.size() < space->size()) return i; // the rest is still to be read
          wrong(at + i, fmt::format("a set of {} entries where the directory ends", size / slot_bytes));
          size = slots.size() - i;
        } else {
          set(at + i, slots.subspan(i, size));
        }
      } else if (!(slot[0] & in_use)) {
        deleted_entries++;
      } else if (slot[0] == bitmap_type || slot[0] == upcase_type) {
        Allocation allocation = {first_cluster(slot), data_length(slot), false};
        claim(slot[0] == bitmap_type ? "the allocation bitmap" : "the up-case table", at + i, allocation);
      } else if (slot[0] & secondary) {
        wrong(at + i, fmt::format("an entry of type {} outside a set", hex_offset(slot[0])));
      }
      entries += size / slot_bytes;
      i += size;
    }
    return slots.size() / slot_bytes * slot_bytes;
  }

  void set(u64 at, std::span<const u8> set) {
    const u8 *stream = set.data() + slot_bytes;
    if (u64 sum = exfat_entry_set_sum(set); sum != checksum(set.data()))
      wrong(at, fmt::format("checksum is {}, the set's is {}", hex_offset(checksum(set.data())), hex_offset(sum)));
    if (set.size() < 3 * slot_bytes || stream[0] != stream_type) return wrong(at, "a set without a stream extension and a name");
    u64 units = name_length(stream), parts = (units + units_in_part - 1) / units_in_part;
    if (units == 0 || (2 + parts) * slot_bytes > set.size()) return wrong(at, fmt::format("a name of {} units in a set of {} entries", units, set.size() / slot_bytes));
    name.clear();
    for (u64 n = 0; n < parts; n++) {
      const u8 *part = stream + (n + 1) * slot_bytes;
      if (name_units(part) != name_type) return wrong(at, fmt::format("entry {} of the set is no part of its name", n + 2));
      name.insert(name.end(), part + 2, part + 2 + 2 * std::min(units_in_part, units - n * units_in_part));
    }
    if (u64 expected = name_hash(upcase, name); expected != hash(stream))
      wrong(at, fmt::format("name_hash is {}, the name's is {}", hex_offset(hash(stream)), hex_offset(expected)));
    auto path = [&] { return directory.path + "/" + wtf8(name); };
    Allocation allocation = {first_cluster(stream), data_length(stream), (flags(stream) & no_fat_chain) != 0};
    if (valid_length(stream) > allocation.bytes)
      damage(path(), disk_at(at), fmt::format("valid_data_length is {}, data_length {}", valid_length(stream), allocation.bytes));
    if (attributes(set.data()) & directory_attribute) return waiting.push_back({path(), allocation});
    files++;
    if (allocation.first_cluster || allocation.bytes) claim_file(path, at, allocation);
  }

  template <class Path> void claim_file(const Path &path, u64 at, const Allocation &allocation) {
    claim_with([&](u64 link, const std::string &what) { damage(path(), link ? link : disk_at(at), what); }, allocation, nullptr);
  }
  void claim(const std::string &path, u64 at, const Allocation &allocation, std::vector<Piece> *pieces = nullptr) {
    claim_with([&](u64 link, const std::string &what) { damage(path, link ? link : pieces ? 0 : disk_at(at), what); }, allocation, pieces);
  }

  void claim_with(const ChainWalk::Wrong &wrong_at, const Allocation &a, std::vector<Piece> *pieces) {
    u64 expected = a.bytes / g.cluster_bytes + (a.bytes % g.cluster_bytes != 0);
    u64 count = a.contiguous ? chains.take(a.first_cluster, expected, wrong_at, pieces) : chains.follow(a.first_cluster, wrong_at, pieces);
    owned += count;
    bool has_length = a.bytes || !pieces; // the root directory has none
    if (has_length && !a.contiguous && count != expected) wrong_at(0, fmt::format("data_length is {}, which takes {} clusters; the chain has {}", a.bytes, expected, count));
  }

  void compare_with_bitmap() {
    Strays unmarked, lost;
    u64 used = 0;
    try {
      std::optional<Node> map = edge_named(*volume.type, "bitmap")->find(volume, Key{});
      if (!map) return census.damage(path_of(volume), disk_offset(volume), "the root directory has no allocation bitmap");
      Bytes bits((g.cluster_count + 7) / 8 + fixed_slack);
      map->space->read(0, std::span(bits).first(std::min(bits.size() - fixed_slack, map->space->size())));
      census.bytes_read += bits.size() - fixed_slack;
      for (u64 n = 0; n * 64 < chains.clusters.size(); n++) {
        u64 word, valid = g.cluster_count - n * 64 >= 64 ? ~u64{0} : (u64{1} << (g.cluster_count - n * 64)) - 1;
        std::memcpy(&word, bits.data() + n * 8, sizeof word);
        used += static_cast<u64>(__builtin_popcountll(word & valid));
        unmarked.add(chains.clusters.word(n) & ~word & valid, n * 64 + 2);
        lost.add(word & ~chains.clusters.word(n) & valid, n * 64 + 2);
      }
    } catch (const Damage &error) { return census.damage(path_of(volume) + ".bitmap", error.at, error.what()); }
    auto stray = [&](const Strays &strays, const char *what) {
      if (strays.count) census.damage(path_of(volume) + ".bitmap", disk_offset(volume, cluster_at(g, strays.first)), fmt::format("{} clusters {}, first {}", strays.count, what, strays.first));
    };
    stray(unmarked, "of files are marked as free");
    stray(lost, "are marked as used, but no file has them");
    census.count("clusters in use", used);
    Node boot = *edge_named(*volume.type, "boot")->find(volume, Key{});
    u64 stated = number(boot, "percent_in_use"), percentage = used * 100 / std::max<u64>(g.cluster_count, 1);
    if (stated != unknown_percentage && stated != percentage)
      census.damage(path_of(boot), disk_offset(boot, 112), fmt::format("percent_in_use is {}, {} of {} clusters are", stated, used, g.cluster_count));
  }

  std::string named(const std::string &path) const {
    return path.empty() ? path_of(volume) + ".root" : path.starts_with('/') ? path_of(volume) + "." + keyed("file", path) : path_of(volume) + ": " + path;
  }
  void damage(const std::string &path, u64 in_volume, const std::string &what) { census.damage(named(path), disk_offset(volume, in_volume), what); }
  u64 disk_at(u64 in_directory) const { return space->locate(in_directory, 1)[0].at - disk_offset(volume); }
  void wrong(u64 in_directory, const std::string &what) { damage(directory.path, disk_at(in_directory), what); }

  const Node &volume;
  const Geometry &g;
  const Upcase upcase;
  Census &census;
  ChainWalk chains;
  std::vector<Waiting> waiting;
  u64 files = 0, directories = 0, deleted_entries = 0, entries = 0, owned = 0;

  // What is at hand.
  Waiting directory;
  SpacePtr space;
  Bytes name;
};

} // namespace

void walk(const Node &volume, Census &census) { Walker(volume, census).run(); }

} // namespace lab::exfat
