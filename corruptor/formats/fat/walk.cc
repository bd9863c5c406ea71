// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every directory, slot and chain of a FAT volume, once. Directories wait in a list to be read, so that none is entered
// from within another; one whose clusters were claimed before is not read again, and so a tree that loops ends.
#include <cstring>

#include <fmt/format.h>

#include "base/sums.h"
#include "formats/chain_walk.h"
#include "formats/fat/fat.h"
#include "schema/fixed.h"
#include "schema/value.h"

namespace lab {

namespace {

constexpr u64 slot_bytes = 32, most_parts = 20;
constexpr u8 deleted = 0xe5, is_label = 0x08, is_directory = 0x10, long_name = 0x0f, last_part = 0x40;
constexpr u64 largest_directory = u64{2} << 20; // fatgen103: 65,536 slots

const Fixed attributes(fat32_entry_struct, "attributes"), size_row(fat32_entry_struct, "size");
const Fixed first_low(fat32_entry_struct, "first_cluster_low"), first_high(fat32_entry_struct, "first_cluster_high");
const Fixed ordinal(fat_lfn_struct, "ordinal"), checksum(fat_lfn_struct, "checksum");

LinkTable links_of(const Node &volume) {
  const FatFacts &facts = fat_facts(volume);
  const Geometry &g = geometry(volume);
  u64 width = static_cast<u64>(facts.width), mask = width == 32 ? 0x0fffffff : (u64{1} << width) - 1;
  return {facts.volume, g.fat_offset + g.active_fat * g.fat_size, g.fat_size, width, mask, mask - 8, mask - 7,
          g.data_offset, g.cluster_size, g.cluster_count};
}

class Walker {
public:
  Walker(const Node &volume_node, Census &into)
      : volume(volume_node), g(geometry(volume)), width(fat_facts(volume).width), census(into), chains(links_of(volume), into) {}

  void run() {
    waiting.push_back({"", 0, 0});
    while (!waiting.empty()) {
      directory = std::move(waiting.back());
      waiting.pop_back();
      enter();
    }
    compare_with_table();
    census.count("files", files);
    census.count("directories", directories);
    census.count("deleted entries", deleted_entries);
    census.count("parts of long names", parts);
    census.count("clusters of files and directories", owned);
  }

private:
  struct Waiting {
    std::string path;
    u64 cluster, parent;
  };

  void enter() {
    directories++;
    bool is_root = directory.path.empty();
    std::vector<Piece> pieces;
    auto broken = [&](u64 at, const std::string &what) { damage(directory.path, at, what); };
    if (is_root && width != 32) pieces = {{g.root_size, g.root_offset}};
    else owned += chains.follow(is_root ? g.root_cluster : directory.cluster, broken, &pieces);
    space = std::make_shared<MappedSpace>(fat_facts(volume).volume, std::move(pieces));
    if (space->size() > largest_directory) broken(0, fmt::format("the directory has {} bytes, more than {}", space->size(), largest_directory));
    part_of_name = 0;
    try {
      chains.each_window(*space, [&](u64 at, std::span<const u8> slots) { return window(at, slots); });
    } catch (const Damage &error) { census.damage(named(directory.path), error.at, error.what()); }
  }

  /// All slots of a window, but for a long name that goes on behind it.
  u64 window(u64 at, std::span<const u8> slots) {
    u64 end = slots.size();
    bool more = at + end < space->size();
    for (u64 held = 0; more && held < most_parts && end > 0 && is_part(&slots[end - slot_bytes]); held++) end -= slot_bytes;
    u64 begun = 0; // where the long name begins that waits for its short one
    for (u64 i = 0; i < end; i += slot_bytes) {
      const u8 *slot = slots.data() + i;
      if (slot[0] != deleted && slot[0] != 0 && is_part(slot)) {
        if (!part_of_name || ordinal(slot) & last_part || i - begun >= most_parts * slot_bytes) begun = i;
        part(at + i, slot);
        continue;
      }
      if (slot[0] == deleted) deleted_entries++;
      if (part_of_name && (slot[0] == deleted || slot[0] == 0)) wrong(at + i, "a long name ends where no entry is");
      else if (slot[0] != deleted && slot[0] != 0) entry(at + i, slot, part_of_name ? slots.subspan(begun, i - begun + slot_bytes) : slots.subspan(i, slot_bytes));
      part_of_name = 0;
      if (slot[0] == 0) return 0;
    }
    return end;
  }

  static bool is_part(const u8 *slot) { return (attributes(slot) & 0x3f) == long_name; }

  void part(u64 at, const u8 *slot) {
    parts++;
    u64 number = ordinal(slot) & 0x3f;
    if (ordinal(slot) & last_part) {
      if (part_of_name) wrong(at, "a long name begins inside another");
    } else if (number + 1 != part_of_name || checksum(slot) != sum_of_name) {
      wrong(at, fmt::format("part {} of a long name is not where it belongs", number));
    }
    sum_of_name = checksum(slot);
    part_of_name = number;
  }

  void entry(u64 at, const u8 *slot, std::span<const u8> with_name) {
    if (part_of_name > 1) wrong(at, fmt::format("parts {} and less of the long name are missing", part_of_name - 1));
    if (part_of_name && sum_of_name != short_name_sum({slot, 11})) wrong(at, "the long name's checksum is not that of the short name");
    u64 kind = attributes(slot);
    if (kind & is_label) return;
    u64 first = first_low(slot) | (width == 32 ? first_high(slot) << 16 : 0);
    if (std::memcmp(slot, ".          ", 11) == 0) return dot(at, first, directory.cluster, ".");
    if (std::memcmp(slot, "..         ", 11) == 0) return dot(at, first, directory.parent, "..");
    auto path = [&] { return directory.path + "/" + read_entry(with_name, width).name(); };
    if (kind & is_directory) {
      if (first == 0) damage(path(), disk_at(at), "a directory without a cluster");
      else waiting.push_back({path(), first, directory.path.empty() ? 0 : directory.cluster});
      return;
    }
    files++;
    u64 size = size_row(slot), count = 0;
    if (first) count = chains.follow(first, [&](u64 link, const std::string &what) { damage(path(), link ? link : disk_at(at), what); });
    owned += count;
    if (u64 expected = size / g.cluster_size + (size % g.cluster_size != 0); count != expected)
      damage(path(), disk_at(at), fmt::format("size is {}, which takes {} clusters; the chain has {}", size, expected, count));
  }

  void dot(u64 at, u64 first, u64 expected, const char *name) {
    if (first != expected) wrong(at, fmt::format("\"{}\" leads to cluster {}, expected {}", name, first, expected));
  }

  /// Entries of the table that no file has, and what FSInfo says about free ones.
  void compare_with_table() {
    if (g.cluster_count > ClusterSet::most)
      return census.damage(path_of(volume), disk_offset(volume), "has too many clusters to look for lost ones");
    u64 free = 0, bad = 0, lost = 0, first = 0;
    try {
      for (u64 cluster = 2; cluster < g.cluster_count + 2 && chains.has_entry(cluster); cluster++) {
        u64 next = chains.entry(cluster);
        if (next == 0) free++;
        else if (next == chains.table.bad) bad++;
        else if (!chains.clusters.has(cluster - 2) && lost++ == 0) first = cluster;
      }
    } catch (const Damage &error) { return census.damage(path_of(volume) + ".fat", error.at, error.what()); }
    if (lost) census.damage(path_of(volume), disk_offset(volume, cluster_offset(g, first)), fmt::format("{} clusters are in chains of no file, first {}", lost, first));
    census.count("free clusters", free);
    census.count("bad clusters", bad);
    if (width != 32) return;
    try {
      std::optional<Node> info = edge_named(*volume.type, "fsinfo")->find(volume, Key{});
      if (!info) return; // the boot sector names none
      constexpr u64 unknown = 0xffffffff;
      if (u64 stated = number(*info, "free_clusters"); stated != free && stated != unknown)
        census.damage(path_of(*info), disk_offset(*info), fmt::format("free_clusters is {}; {} clusters are free", stated, free));
    } catch (const Damage &) {} // it is described on its own
  }

  std::string named(const std::string &path) const { return path.empty() ? path_of(volume) + ".root" : path_of(volume) + "." + keyed("file", path); }
  void damage(const std::string &path, u64 in_volume, const std::string &what) { census.damage(named(path), disk_offset(volume, in_volume), what); }
  u64 disk_at(u64 in_directory) const {
    u64 on_disk = space->locate(in_directory, 1)[0].at;
    return on_disk - disk_offset(volume);
  }
  void wrong(u64 in_directory, const std::string &what) { damage(directory.path, disk_at(in_directory), what); }

  const Node &volume;
  const Geometry &g;
  const int width;
  Census &census;
  ChainWalk chains;
  std::vector<Waiting> waiting;
  u64 files = 0, directories = 0, deleted_entries = 0, parts = 0, owned = 0;

  // What is at hand.
  Waiting directory;
  SpacePtr space;
  u64 part_of_name = 0; ///< the part that came last of a long name whose short one is still to come; 0: none
  u64 sum_of_name = 0;
};

} // namespace

void walk_fat(const Node &volume, Census &census) { Walker(volume, census).run(); }

} // namespace lab
