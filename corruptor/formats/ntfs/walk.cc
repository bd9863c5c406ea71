// SPDX-License-Identifier: GPL-2.0-or-later
//
// A walk in the order in which things are stored: $MFT from its first record to its last, and from a directory's record
// to the blocks of its index. No record is looked up and no path is followed, so a million files are read at the disk's
// speed, and memory holds a chunk of $MFT and a bit for each cluster. What two structures say about one thing is
// compared: record and bitmap of $MFT, run lists and $Bitmap, run lists and each other.
//
// The rows are those of the tables (schema/fixed.h); where there is damage, only then is a path made.
#include "formats/ntfs/walk.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "device/ahead.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/fixup.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/tables.h"
#include "schema/fixed.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 read_at_once = u64{1} << 20;
constexpr u64 largest_bitmap = u64{1} << 20; // of an index: eight million blocks
constexpr u64 own_records = 24; // $MFT's first ones are the volume's own, or kept for it, whatever their flags say
constexpr u32 file_magic = 0x454c4946;

const Fixed magic(tables::record, "magic"), attributes_offset(tables::record, "attributes_offset");
const Fixed flags(tables::record, "flags"), bytes_in_use(tables::record, "bytes_in_use");
const Fixed base_record(tables::record, "base_record"), usa_offset(tables::record, "usa_offset");
const Fixed record_number(tables::record, "record_number");
constexpr u64 in_use = 1, directory = 2;

const Fixed type(tables::attribute, "type"), length(tables::attribute, "length");
const Fixed non_resident(tables::attribute, "non_resident"), value_length(tables::attribute, "value_length");
const Fixed value_offset(tables::attribute, "value_offset"), lowest_vcn(tables::attribute, "lowest_vcn");
const Fixed highest_vcn(tables::attribute, "highest_vcn"), runs_offset(tables::attribute, "runs_offset");
const Fixed name_length(tables::attribute, "name_length"), name_offset(tables::attribute, "name_offset");
const Fixed indexed_type(tables::index_root, "indexed_type"), index_block_size(tables::index_root, "index_block_size");

struct Counts {
  u64 used = 0, directories = 0, continued = 0, deleted = 0, empty = 0, attributes = 0, runs = 0;
};

/// One attribute of the record at hand.
struct Held {
  const u8 *bytes;
  u64 number; ///< among the record's attributes
  u64 at;     ///< in the record
  std::string_view name() const {
    u64 size = 2 * name_length(bytes), from = name_offset(bytes);
    if (from + size > length(bytes)) return {};
    return {reinterpret_cast<const char *>(bytes + from), size};
  }
};

class Walker {
public:
  Walker(const Node &volume_node, Census &into)
      : volume(volume_node), g(geometry_of(volume_node)), census(into), clusters(g.clusters) {}

  void run() {
    mft_bitmap = bits_of("mft_bitmap", (g.record_count + 7) / 8);
    each_chunk_of_records();
    compare_with_bitmap();
    census.count("records in use", counts.used);
    census.count("of them directories", counts.directories);
    census.count("of them continue others", counts.continued);
    census.count("records of deleted files", counts.deleted);
    census.count("records never used", counts.empty);
    census.count("attributes", counts.attributes);
    census.count("runs", counts.runs);
    census.count("index blocks", index_counts.blocks);
    census.count("index blocks not in use", index_counts.unused_blocks);
    census.count("index entries", index_counts.entries);
  }

private:
  // --- records

  void each_chunk_of_records() {
    u64 size = g.shape.record_bytes;
    Ahead ahead(g.mft, g.record_count * size, std::max(read_at_once, size), fixed_slack);
    for (;;) {
      try {
        Ahead::Chunk chunk = ahead.next();
        if (chunk.bytes.empty()) return;
        census.bytes_read += chunk.bytes.size();
        for (u64 at = 0; at + size <= chunk.bytes.size(); at += size) {
          number = (chunk.at + at) / size;
          one_record(chunk.bytes.subspan(at, size));
        }
      } catch (const Damage &damage) { census.damage(path_of(volume) + ".mft", damage.at, damage.what()); }
    }
  }

  bool marked() const { return !mft_bitmap || ((*mft_bitmap)[number / 8] >> number % 8 & 1); }

  void one_record(std::span<u8> stored) {
    record = stored;
    u64 found = magic(record.data()) & 0xffffffff;
    if (found != file_magic) {
      if (found == 0 && (!mft_bitmap || !marked())) counts.empty++;
      else wrong(0, fmt::format("begins with {}, expected \"FILE\"", hex(record.first(4))));
      return;
    }
    bool torn = false;
    if (std::string why = undo_fixups(record); !why.empty()) {
      wrong(usa_offset.at, why);
      torn = true;
    }
    bool used = flags(record.data()) & in_use;
    if (mft_bitmap && used != marked() && number >= own_records)
      wrong(flags.at, used ? "is in use, but free in $MFT's bitmap" : "is not in use, but marked in $MFT's bitmap");
    if (!used) {
      counts.deleted++;
      return;
    }
    counts.used++;
    if (flags(record.data()) & directory) counts.directories++;
    if (base_record(record.data())) counts.continued++;
    if (usa_offset(record.data()) >= 0x30 && record_number(record.data()) != (number & 0xffffffff))
      wrong(record_number.at, fmt::format("record_number is {}", record_number(record.data())));
    if (!torn) all_attributes();
  }

  // --- attributes

  void all_attributes() {
    attributes.clear();
    u64 at = attributes_offset(record.data()), end = bytes_in_use(record.data());
    if (end > record.size()) return wrong(bytes_in_use.at, fmt::format("bytes_in_use is {}, past the record's end", end));
    if (at < smallest_header) return wrong(attributes_offset.at, fmt::format("attributes_offset is {}, inside the header", at));
    for (u64 n = 0, before = 0;; n++) {
      if (at > end || end - at < 4) return wrong(attributes_offset.at, "the attributes end without an end mark");
      const u8 *bytes = record.data() + at;
      if (type(bytes) == end_mark) break;
      u64 size = length(bytes);
      if (end - at < smallest_attribute || size < smallest_attribute || size > end - at || size % 8)
        return wrong(at, n, length.at, fmt::format("length is {}, where {} bytes are left", size, end - at));
      if (type(bytes) < before) wrong(at, n, 0, "stands behind an attribute of a higher type");
      before = type(bytes);
      attributes.push_back({bytes, n, at});
      at += size;
    }
    counts.attributes += attributes.size();
    for (const Held &held : attributes) one_attribute(held);
  }

  void one_attribute(const Held &held) {
    const u8 *bytes = held.bytes;
    if (non_resident(bytes)) return runs_of(held);
    u64 at = value_offset(bytes), size = value_length(bytes);
    if (at > length(bytes) || size > length(bytes) - at)
      return wrong(held.at, held.number, value_length.at, fmt::format("a value of {} bytes at {} in an attribute of {}", size, at, length(bytes)));
    if (type(bytes) == index_root_type) {
      if (size < 0x20) return wrong(held.at, held.number, value_length.at, fmt::format("an index root of {} bytes", size));
      Spot spot = {path(held.number), g.mft.get(), place(held.at + at)};
      walk_entries({{bytes + at, size}, 0x10, indexed_type(bytes + at) == file_name_type, g.record_count}, spot, census, index_counts);
    }
  }

  void runs_of(const Held &held) {
    const u8 *bytes = held.bytes;
    u64 from = runs_offset(bytes);
    if (length(bytes) < smallest_non_resident || from < smallest_non_resident || from > length(bytes))
      return wrong(held.at, held.number, runs_offset.at, fmt::format("runs_offset is {}", from));
    u64 vcn = lowest_vcn(bytes);
    i64 highest = static_cast<i64>(highest_vcn(bytes));
    std::span<const u8> list(bytes + from, length(bytes) - from);
    runs.clear();
    i64 given = 0;
    u64 at = 0;
    while (std::optional<StoredRun> stored = next_run(list, at, given)) {
      bool sound = stored->advance(given);
      u64 size = static_cast<u64>(stored->length), lcn = static_cast<u64>(given);
      if (!sound) return wrong(held.at, held.number, from + at, "a run that cannot be decoded");
      if (!stored->is_hole() && (lcn >= g.clusters || size > g.clusters - lcn))
        return wrong(held.at, held.number, from + at, fmt::format("{} clusters from {}; the volume has {}", size, lcn, g.clusters));
      counts.runs++;
      runs.push_back({vcn, size, stored->is_hole() ? std::nullopt : std::optional(lcn)});
      if (!stored->is_hole())
        if (std::optional<u64> taken = clusters.claim(lcn, size))
          wrong(held.at, held.number, from + at, fmt::format("cluster {} belongs to another run, too", *taken));
      if (__builtin_add_overflow(vcn, size, &vcn)) return wrong(held.at, held.number, from + at, "the stream is longer than 64 bits");
      at += stored->bytes.length;
    }
    if (static_cast<i64>(vcn) - 1 != highest)
      wrong(held.at, held.number, highest_vcn.at, fmt::format("highest_vcn is {}, the runs end at {}", highest, static_cast<i64>(vcn) - 1));
    if (type(bytes) == index_allocation_type && !runs.empty()) blocks_of(held);
  }

  // --- indexes

  const Held *other(const Held &held, u64 wanted) const {
    for (const Held &one : attributes)
      if (type(one.bytes) == wanted && one.name() == held.name()) return &one;
    return nullptr;
  }

  void blocks_of(const Held &held) {
    IndexStream stream = {path(), runs, g.shape.index_block_bytes, false, std::nullopt};
    if (const Held *root = other(held, index_root_type); root && !non_resident(root->bytes)) {
      const u8 *value = root->bytes + std::min(value_offset(root->bytes), length(root->bytes) - smallest_attribute);
      stream.names = indexed_type(value) == file_name_type;
      if (u64 stated = index_block_size(value); stated >= 512 && stated <= largest_block && stated % 512 == 0) stream.block_bytes = stated;
    }
    if (const Held *map = other(held, bitmap_type)) stream.used = bitmap_value(*map);
    walk_blocks(g, stream, census, index_counts);
  }

  std::optional<Bytes> bitmap_value(const Held &map) {
    if (!non_resident(map.bytes)) {
      u64 at = value_offset(map.bytes), size = value_length(map.bytes);
      if (at > length(map.bytes) || size > length(map.bytes) - at) return std::nullopt;
      return Bytes(map.bytes + at, map.bytes + at + size);
    }
    try {
      Node node = record_at(volume, number);
      std::optional<Node> found = find_attribute(node, bitmap_type, wtf8({reinterpret_cast<const u8 *>(map.name().data()), map.name().size()}));
      if (!found) return std::nullopt;
      SpacePtr content = content_of(*found);
      return bytes_at(*content, 0, std::min(content->size(), largest_bitmap));
    } catch (const Damage &) { return std::nullopt; } // its runs are looked at as an attribute
  }

  // --- the volume's own maps

  /// The bytes of a bitmap that the volume has, as far as it goes; none if it cannot be read.
  std::optional<Bytes> bits_of(const char *edge, u64 size) {
    try {
      std::optional<Node> map = edge_named(*volume.type, edge)->find(volume, Key{});
      Bytes bits(size + fixed_slack);
      u64 there = std::min(size, map->space->size());
      map->space->read(0, std::span(bits).first(there));
      census.bytes_read += there;
      if (there < size) census.damage(path_of(*map), disk_offset(*map), fmt::format("has {} bytes, expected {}", there, size));
      return bits;
    } catch (const Damage &damage) {
      census.damage(path_of(volume) + "." + edge, damage.at, damage.what());
      return std::nullopt;
    }
  }

  void compare_with_bitmap() {
    if (!clusters.kept()) {
      census.damage(path_of(volume), disk_offset(volume), "has too many clusters to look for shared and lost ones");
      return;
    }
    std::optional<Bytes> bits = bits_of("bitmap", (g.clusters + 7) / 8);
    if (!bits) return;
    Strays unmarked, lost;
    for (u64 n = 0; n * 64 < g.clusters; n++) {
      u64 map, valid = g.clusters - n * 64 >= 64 ? ~u64{0} : (u64{1} << (g.clusters - n * 64)) - 1;
      std::memcpy(&map, bits->data() + n * 8, sizeof map);
      unmarked.add(clusters.word(n) & ~map & valid, n * 64);
      lost.add(map & ~clusters.word(n) & valid, n * 64);
    }
    std::string path = path_of(volume) + ".bitmap";
    auto at = [&](u64 cluster) { return disk_offset(volume, cluster * g.shape.cluster_bytes); };
    if (unmarked.count) census.damage(path, at(unmarked.first), fmt::format("{} clusters of files are marked as free, first {}", unmarked.count, unmarked.first));
    if (lost.count) census.damage(path, at(lost.first), fmt::format("{} clusters are marked as used, but no run has them, first {}", lost.count, lost.first));
  }

  // --- messages

  std::string path() const { return path_of(volume) + fmt::format(".mft[{}]", number); }
  std::string path(u64 attribute) const { return path() + fmt::format(".attribute[{}]", attribute); }
  u64 place(u64 in_record) const { return number * g.shape.record_bytes + in_record; }
  void wrong(u64 at, const std::string &what) { report(census, {path(), g.mft.get(), place(0)}, at, what); }
  void wrong(u64 in_record, u64 attribute, u64 at, const std::string &what) {
    report(census, {path(attribute), g.mft.get(), place(in_record)}, at, what);
  }

  const Node &volume;
  const Geometry &g;
  Census &census;
  ClusterSet clusters;
  std::optional<Bytes> mft_bitmap;
  Counts counts;
  IndexCounts index_counts;

  // What is at hand.
  u64 number = 0;
  std::span<u8> record;
  std::vector<Held> attributes;
  std::vector<Run> runs;
};

} // namespace

void report(Census &census, const Spot &spot, u64 offset, const std::string &what) {
  u64 at = 0;
  try {
    at = spot.space->locate(spot.at + offset, 1)[0].at;
  } catch (const Damage &damage) { at = damage.at; }
  census.damage(spot.path, at, what);
}

void walk(const Node &volume, Census &census) { Walker(volume, census).run(); }

} // namespace lab::ntfs
