// SPDX-License-Identifier: GPL-2.0-or-later
//
// A disk writes sectors, not records; a crash can leave half a record old and half new. So before a
// record is written, the last word of each 512-byte stride is moved into an array in its header and
// replaced by a number that grows with every write. If the strides do not all end in that number, the
// record is torn. The stride is 512 bytes even where sectors are larger.
//
// To us this is translation of addresses: the last word of a stride lives in the array. A field that
// happens to lie there is read and written where it really is, and no edit can tear a record by
// accident. Tearing it on purpose is an edit of the stored words, which `fixup` shows.
//
// https://flatcap.github.io/linux-ntfs/ntfs/concepts/fixup.html
#include "formats/ntfs/fixup.h"

#include <algorithm>

#include "device/mapped.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 stride = 512;

Value strides(const Node &fixup) { return fixup.space->size() / stride; }

constexpr Field every_stride(Field field) {
  field = field.times("strides");
  field.stride = stride * 8;
  return field;
}

constexpr Field fields[] = {
    le16("usa_offset", 0x04)
        .called("usa_ofs")
        .doc("where the update sequence array starts, from the block's start"),
    le16("usa_count", 0x06).called("usa_count").doc("words in the array: one number, then one word a stride"),
    le("usn", "usa_offset", 2)
        .called("update_sequence_number")
        .doc("the number that every stride must end in; it grows with each write"),
    le("saved", Num("usa_offset", 1, 2), 2)
        .times("strides")
        .called("update_sequence_array")
        .doc("the words that belong at the strides' ends"),
    every_stride(le16("tail", stride - 2))
        .doc("the words that are stored at the strides' ends: equal to usn, or torn"),
    view("strides", strides).doc("strides of 512 bytes in the block"),
};

u64 word(const Bytes &bytes, u64 at) { return bytes[at] | bytes[at + 1] << 8; }

std::string why_unusable(const Bytes &bytes) {
  auto all = [&](u8 value) { return std::ranges::all_of(bytes, [value](u8 byte) { return byte == value; }); };
  if (all(0)) return "all zero: never used, or wiped";
  if (all(0xff)) return "all 0xff: emptied";
  if (bytes.size() < stride || bytes.size() % stride != 0)
    return "a block of " + std::to_string(bytes.size()) + " bytes has no fixups";
  u64 offset = word(bytes, 4), count = word(bytes, 6), expected = 1 + bytes.size() / stride;
  if (count != expected)
    return "update sequence array of " + std::to_string(count) + " words, expected " +
           std::to_string(expected);
  if (offset % 2 != 0 || offset + 2 * count > stride - 2)
    return "update sequence array at " + hex_offset(offset) +
           ", expected an even offset, and all of it before 0x1fe; shown as it is stored";
  return "";
}

} // namespace

namespace tables {
constexpr Struct fixup = {
    .name = "ntfs.fixup",
    .meaning = "a protected block as it is stored: its fixups, and all of its bytes untranslated",
    .size = 0,
    .fields = fields,
    .source = "https://flatcap.github.io/linux-ntfs/ntfs/concepts/fixup.html",
};
static_assert(sound(fixup));
} // namespace tables

std::vector<Piece> pieces_behind_fixups(const Bytes &bytes) {
  if (!why_unusable(bytes).empty()) return {{bytes.size(), 0}};
  u64 array = word(bytes, 4);
  std::vector<Piece> pieces;
  for (u64 i = 0; i < bytes.size() / stride; i++) {
    pieces.push_back({stride - 2, i * stride});
    pieces.push_back({2, array + 2 * (i + 1)});
  }
  return pieces;
}

std::shared_ptr<const Block> block_of(SpacePtr raw) {
  auto block = std::make_shared<Block>();
  block->raw = block->space = raw;
  Bytes bytes = bytes_at(*raw, 0, raw->size());
  if (std::string why = why_unusable(bytes); !why.empty()) {
    block->notes.push_back(why);
    return block;
  }
  u64 usn = word(bytes, word(bytes, 4));
  for (u64 i = 0; i < bytes.size() / stride; i++) {
    u64 tail = word(bytes, (i + 1) * stride - 2);
    if (tail != usn)
      block->notes.push_back("torn: stride " + std::to_string(i) + " ends in " + hex_offset(tail) +
                             ", expected " + hex_offset(usn));
  }
  block->space = std::make_shared<MappedSpace>(raw, pieces_behind_fixups(bytes));
  return block;
}

Node block_node(const Node &parent, const Struct &type, std::string name, SpacePtr raw) {
  std::shared_ptr<const Block> block = block_of(std::move(raw));
  Node node = child(parent, type, std::move(name), block->space, 0);
  node.facts = block;
  node.notes = block->notes;
  node.raw = block->raw; // zeroing a record means its bytes on the disk, update sequence numbers and all
  return node;
}

std::string undo_fixups(std::span<u8> block) {
  u64 array = block[4] | block[5] << 8, count = block[6] | block[7] << 8, expected = 1 + block.size() / stride;
  if (count != expected)
    return "an update sequence array of " + std::to_string(count) + " words, expected " + std::to_string(expected);
  if (array % 2 != 0 || array + 2 * count > stride - 2) return "the update sequence array is at " + hex_offset(array);
  std::string torn;
  for (u64 i = 1; i < count; i++) {
    std::span<u8> tail = block.subspan(i * stride - 2, 2), usn = block.subspan(array, 2);
    if (torn.empty() && !std::ranges::equal(tail, usn))
      torn = "torn: stride " + std::to_string(i - 1) + " ends in " + hex(tail) + ", expected " + hex(usn);
    std::ranges::copy(block.subspan(array + 2 * i, 2), tail.begin());
  }
  return torn;
}

u64 expected_tail(const Node &block) { return number(*fixup_of(block, {}), "usn"); }

/// Nothing, where the fixups cannot be followed.
std::vector<Extent> protected_by_fixups(const Node &block) {
  if (block.space == block.raw) return {};
  return {{block.at, block.space->size()}};
}

std::optional<Node> fixup_of(const Node &block, const Key &) {
  return child(block, tables::fixup, "fixup", facts_of<Block>(block).raw, 0);
}

} // namespace lab::ntfs
