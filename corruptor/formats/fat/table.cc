// SPDX-License-Identifier: GPL-2.0-or-later
//
// The file allocation table: one entry for each cluster of the volume, which holds the number of the
// cluster that comes next in the file, or a mark. An entry has 12, 16 or 28 bits: FAT32 keeps the top
// four of its 32 for itself, and whoever writes an entry must leave them as they are. Entries of 12
// bits are packed, two in three bytes. Entries 0 and 1 belong to no cluster: 0 repeats the media byte,
// and two bits of 1 say whether the volume was left in order.
//
// Specification: fatgen103, "FAT Data Structure".
#include "formats/fat/fat.h"

namespace lab {

static constexpr char fatgen[] = "fatgen103, Microsoft 2000";

static constexpr Name marks_12[] = {{0, "free"}, {0xff7, "bad"}, {0xff8, "end_ff8"}, {0xfff, "end"}};
static constexpr Name marks_16[] = {{0, "free"}, {0xfff7, "bad"}, {0xfff8, "end_fff8"}, {0xffff, "end"}};
static constexpr Name marks_32[] = {
    {0, "free"}, {0x0ffffff7, "bad"}, {0x0ffffff8, "end_0ffffff8"}, {0x0fffffff, "end"}};

/// An array whose elements are further apart than they are wide.
static constexpr Field every(Field field, i64 bits_apart) {
  field.stride = bits_apart;
  return field;
}

// clang-format off
static constexpr char entry_doc[] = "for each cluster the next one of its file, or a mark";

static constexpr char fill_doc[] = "the rest of entry 0: all ones";
static constexpr char end_doc[] = "entry 1: the mark that ended chains when the volume was formatted";
static constexpr Field media_row = u8_("media", 0).in_hex().aliased().called("BPB_Media")
    .doc("low byte of entry 0: the boot sector's media byte");

constexpr Field table_12[] = {
    bits("entry", 0, 12).many().to("cluster").with(one_of(marks_12)).doc(entry_doc),
    media_row,
    bits("media_fill", 8, 4).in_hex().aliased().doc(fill_doc),
    bits("end_mark", 12, 12).in_hex().aliased().with(one_of(marks_12)).doc(end_doc),
};
constexpr Field table_16[] = {
    bits("entry", 0, 16).many().to("cluster").with(one_of(marks_16)).doc(entry_doc),
    media_row,
    bits("media_fill", 8, 8).in_hex().aliased().doc(fill_doc),
    bits("end_mark", 16, 16).in_hex().aliased().with(one_of(marks_16)).doc(end_doc),
    flag("clean", 2, 15).called("ClnShutBitMask").doc("of entry 1: the volume was unmounted"),
    flag("no_errors", 2, 14).called("HrdErrBitMask").doc("of entry 1: no read or write failed"),
};
constexpr Field table_32[] = {
    every(bits("entry", 0, 28).many(), 32).to("cluster").with(one_of(marks_32)).doc(entry_doc),
    every(bits("entry_top", 28, 4).many(), 32).doc("the four bits above each entry: reserved, to be left alone"),
    media_row,
    bits("media_fill", 8, 20).in_hex().aliased().doc(fill_doc),
    bits("end_mark", 32, 28).in_hex().aliased().with(one_of(marks_32)).doc(end_doc),
    flag("clean", 4, 27).called("ClnShutBitMask").doc("of entry 1: the volume was unmounted"),
    flag("no_errors", 4, 26).called("HrdErrBitMask").doc("of entry 1: no read or write failed"),
};

constexpr Struct fat12_table_struct = {"fat12.table", "a file allocation table of 12-bit entries", 0, table_12, {}, {}, {}, {}, fatgen};
constexpr Struct fat16_table_struct = {"fat16.table", "a file allocation table of 16-bit entries", 0, table_16, {}, {}, {}, {}, fatgen};
constexpr Struct fat32_table_struct = {"fat32.table", "a file allocation table of 28-bit entries", 0, table_32, {}, {}, {}, {}, fatgen};
static_assert(sound(fat12_table_struct));
static_assert(sound(fat16_table_struct));
static_assert(sound(fat32_table_struct));

// A link is one entry, met on the way along a file's chain. The cluster that it belongs to was known
// before: it is what the link before holds.

static constexpr char next_doc[] = "the cluster that comes next, or a mark";
static constexpr char neighbour_doc[] = "four bits of the entry beside it, in the same byte";
static constexpr Field cluster_view = view("cluster", [](const Node &link) -> Value { return static_cast<u64>(link.given); })
    .to("cluster").doc("the cluster that this entry is about: a piece of the file");

/// Of three bytes, the even cluster's entry has the first and half of the second, the odd one's the rest.
constexpr Field link_12[] = {
    bits("next", Num("odd", 4), 12).to("cluster").with(one_of(marks_12)).doc(next_doc),
    bits("neighbour", Num("odd", -12, 12), 4).doc(neighbour_doc),
    cluster_view,
    view("odd", [](const Node &link) -> Value { return static_cast<u64>(link.given & 1); })
        .doc("1: the cluster's number is odd, and its entry begins in the middle of a byte"),
};
constexpr Field link_16[] = {
    bits("next", 0, 16).to("cluster").with(one_of(marks_16)).doc(next_doc),
    cluster_view,
};
constexpr Field link_32[] = {
    bits("next", 0, 28).to("cluster").with(one_of(marks_32)).doc(next_doc),
    bits("top", 28, 4).doc("reserved, to be left alone"),
    cluster_view,
};

constexpr Struct fat12_link_struct = {"fat12.link", "a link of a chain: one entry of the table", 2, link_12, {}, {}, {}, {}, fatgen};
constexpr Struct fat16_link_struct = {"fat16.link", "a link of a chain: one entry of the table", 2, link_16, {}, {}, {}, {}, fatgen};
constexpr Struct fat32_link_struct = {"fat32.link", "a link of a chain: one entry of the table", 4, link_32, {}, {}, {}, {}, fatgen};
static_assert(sound(fat12_link_struct));
static_assert(sound(fat16_link_struct));
static_assert(sound(fat32_link_struct));
// clang-format on

} // namespace lab
