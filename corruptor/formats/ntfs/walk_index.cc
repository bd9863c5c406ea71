// SPDX-License-Identifier: GPL-2.0-or-later
//
// The nodes of indexes, root and blocks alike: a header, then entries that must tile it. Blocks are read in the order
// in which they are stored, whether the tree leads to them or not, but for those that the index's bitmap calls free.
#include <algorithm>

#include <fmt/format.h>

#include "device/mapped.h"
#include "formats/ntfs/fixup.h"
#include "formats/ntfs/index_node.h"
#include "formats/ntfs/tables.h"
#include "formats/ntfs/walk.h"
#include "schema/fixed.h"

namespace lab::ntfs {

namespace {

constexpr u64 block_header = 0x18;
constexpr u64 smallest_entry = index_key_at;
constexpr u64 smallest_name = 0x42; // a $FILE_NAME without letters
constexpr u64 name_length_at = 0x40;
constexpr u64 read_at_once = u64{256} << 10;
constexpr u32 indx = 0x58444e49;

// The header's rows stand in the tables of root and block; counted from the header they are the same.
const Fixed entries_offset(tables::index_root, "entries_offset"), entries_end(tables::index_root, "entries_end");
const Fixed magic(tables::index_block, "magic"), block_vcn(tables::index_block, "vcn");
const Fixed entry_record(tables::index_entry, "record"), entry_length(tables::index_entry, "length");
const Fixed key_length(tables::index_entry, "key_length"), entry_flags(tables::index_entry, "flags");
constexpr u64 has_child = 1, last = 2;

constexpr u64 root_header = 0x10;

} // namespace

void walk_entries(const IndexNode &node, const Spot &spot, Census &census, IndexCounts &counts) {
  const u8 *bytes = node.bytes.data(), *as_root = bytes + node.header - root_header;
  u64 size = node.bytes.size(), at = node.header + entries_offset(as_root), end = node.header + entries_end(as_root);
  if (end > size)
    return report(census, spot, node.header + 4, fmt::format("the entries end at {}, past the node's end at {}", end, size));
  for (;;) {
    if (at > end || end - at < smallest_entry) return report(census, spot, std::min(at, size), "the entries end without an end mark");
    const u8 *entry = bytes + at;
    u64 length = entry_length(entry), flags = entry_flags(entry);
    if (length < smallest_entry + (flags & has_child ? 8 : 0) || length > end - at || length % 8)
      return report(census, spot, at + entry_length.at, fmt::format("an entry of {} bytes, where {} are left", length, end - at));
    if (flags & last) {
      if (at + length != end) report(census, spot, at, fmt::format("the end mark is at {}, but the entries end at {}", at, end));
      return;
    }
    counts.entries++;
    u64 key = key_length(entry);
    if (index_key_at + key > length)
      report(census, spot, at + key_length.at, fmt::format("a key of {} bytes in an entry of {}", key, length));
    else if (node.names && (key < smallest_name || smallest_name + 2 * u64{entry[index_key_at + name_length_at]} > key))
      report(census, spot, at + key_length.at, fmt::format("a key of {} bytes is too short for its name", key));
    else if (node.names && entry_record(entry) >= node.record_count)
      report(census, spot, at, fmt::format("an entry for record {}; $MFT has {}", entry_record(entry), node.record_count));
    at += length;
  }
}

void walk_blocks(const Geometry &geometry, const IndexStream &stream, Census &census, IndexCounts &counts) {
  const Shape &shape = geometry.shape;
  u64 size = stream.block_bytes, unit = size < shape.cluster_bytes ? 512 : shape.cluster_bytes;
  u64 first = stream.runs.front().vcn * shape.cluster_bytes; // bytes of the stream before this extent
  SpacePtr blocks = clusters_of(geometry.volume, stream.runs, shape.cluster_bytes);
  Bytes buffer(std::max(read_at_once, size) + fixed_slack);
  u64 whole = blocks->size() / size * size, at_once = std::max(read_at_once / size * size, size);
  for (u64 at = 0; at < whole; at += at_once) {
    std::span<u8> part = std::span(buffer).first(std::min(at_once, whole - at));
    try {
      blocks->read(at, part);
    } catch (const Damage &damage) {
      census.damage(stream.path + ".index_block", damage.at, damage.what());
      continue;
    }
    census.bytes_read += part.size();
    for (u64 i = 0; i < part.size(); i += size) {
      u64 number = (first + at + i) / size;
      if (stream.used && (number / 8 >= stream.used->size() || !((*stream.used)[number / 8] >> number % 8 & 1))) {
        counts.unused_blocks++;
        continue;
      }
      std::span<u8> block = part.subspan(i, size);
      if (!stream.used && magic(block.data()) != indx) { // who cannot ask the bitmap cannot complain
        counts.unused_blocks++;
        continue;
      }
      counts.blocks++;
      auto spot = [&] { return Spot{stream.path + fmt::format(".index_block[{}]", number), blocks.get(), at + i}; };
      if (magic(block.data()) != indx) {
        report(census, spot(), 0, "is in use, but does not begin with INDX");
        continue;
      }
      if (std::string torn = undo_fixups(block); !torn.empty()) {
        report(census, spot(), 4, torn);
        continue;
      }
      if (u64 vcn = block_vcn(block.data()), expected = (first + at + i) / unit; vcn != expected)
        report(census, spot(), block_vcn.at, fmt::format("vcn is {}, expected {}", vcn, expected));
      walk_entries({block, block_header, stream.names, geometry.record_count}, spot(), census, counts);
    }
  }
}

} // namespace lab::ntfs
