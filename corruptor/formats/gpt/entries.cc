// SPDX-License-Identifier: GPL-2.0-or-later
//
// An entry names a partition by two GUIDs, what it is for and which one it is, by its first and its
// last sector (not a length), and by a name of up to 36 UTF-16 units.
#include "formats/gpt/entries.h"

#include <fmt/format.h>

#include "base/checked.h"
#include "schema/value.h"

namespace lab {

namespace {

/// Linux refuses a larger array (KMALLOC_MAX_SIZE, block/partitions/efi.c); the usual one has 16 KiB.
constexpr u64 most_bytes = u64{4} << 20;

constexpr Name attribute_names[] = {
    {u64{1} << 0, "required"},         {u64{1} << 1, "no_block_io"},  {u64{1} << 2, "legacy_bootable"},
    {u64{1} << 60, "read_only"},       {u64{1} << 61, "shadow_copy"}, {u64{1} << 62, "hidden"},
    {u64{1} << 63, "no_drive_letter"},
};

constexpr Field fields[] = {
    // clang-format off
    guid ("type_guid",   0x00)     .called("PartitionTypeGUID")  .doc("what the partition is for; all zero: the entry is unused"),
    guid ("unique_guid", 0x10)     .called("UniquePartitionGUID").doc("tells partitions apart"),
    le64 ("first_lba",   0x20)     .called("StartingLBA").to("sector").doc("the partition's first sector"),
    le64 ("last_lba",    0x28)     .called("EndingLBA").to("sector")  .doc("the partition's last sector"),
    le64 ("attributes",  0x30)     .called("Attributes").with(flags_of(attribute_names))
                                   .doc("bits 0 to 2 for every type, 48 to 63 as the type says; the names are Microsoft's"),
    utf16("name",        0x38, 72) .called("PartitionName")      .doc("up to 36 UTF-16 units"),
    // clang-format on
    view(
        "type",
        [](const Node &entry) -> Value {
          return gpt_type_text(
              std::get<std::string>(value_of(entry, *field_named(gpt_entry_struct, "type_guid"))));
        },
        [](const Node &entry, const Value &type) -> std::vector<Edit> {
          return {{entry, "type_guid", gpt_type_guid(std::get<std::string>(type))}};
        },
        ValueKind::text)
        .doc("the partition type in words"),
};

std::string text_in(const Node &node, const char *field) {
  return std::get<std::string>(value_of(node, *field_named(*node.type, field)));
}

/// UTF-16 text up to its first zero.
std::string until_zero(const std::string &text) { return text.substr(0, text.find('\0')); }

} // namespace

constexpr Struct gpt_entry_struct = {
    "gpt.entry", "a partition of the GUID partition table", 128, fields, {}, {}, {},
    {},          "UEFI specification 2.10, section 5.3.3"};
static_assert(sound(gpt_entry_struct));

Extent entries_extent(const Node &header) {
  u64 size = number(header, "entry_size");
  if (size < 128 || size % 8 != 0)
    damaged(header, 0x54, fmt::format("entries of {} bytes, expected 128 or more", size));
  u64 length =
      checked_mul(number(header, "entry_count"), size, "the size of all entries", disk_offset(header));
  if (length > most_bytes)
    damaged(header, 0x50, fmt::format("entries of {} in all, expected at most 4 MiB", human_size(length)));
  u64 at = checked_mul(number(header, "entries_lba"), facts_of<DiskFacts>(header).sector_size,
                       "the place of the entries", disk_offset(header));
  if (at > header.space->size() || length > header.space->size() - at)
    damaged(
        header, 0x48,
        fmt::format("entries at {}, which leave the disk of {} bytes", hex_offset(at), header.space->size()));
  return {at, length};
}

std::optional<Node> find_gpt_entry(const Node &header, const Key &key) {
  if (key.is != Key::number) return std::nullopt;
  Extent all = entries_extent(header);
  u64 size = number(header, "entry_size");
  if (key.index < 1 || key.index > all.length / size) return std::nullopt;
  Node entry = child(header, gpt_entry_struct, keyed("entry", key.index), all.at + (key.index - 1) * size);
  entry.given = static_cast<i64>(key.index);
  return entry;
}

void each_gpt_entry(const Node &header, const Visit &visit) {
  u64 count = entries_extent(header).length / number(header, "entry_size");
  for (u64 n = 1; n <= count; n++) {
    Node entry = *find_gpt_entry(header, {Key::number, n, ""});
    if (text_in(entry, "type") != "unused" && !visit(entry)) return;
  }
}

Partition gpt_partition(const Node &entry) {
  u64 sector_size = facts_of<DiskFacts>(entry).sector_size;
  u64 first = number(entry, "first_lba"), last = number(entry, "last_lba");
  if (last < first) damaged(entry, 0x28, fmt::format("last sector {}, before the first, {}", last, first));
  u64 at = checked_mul(first, sector_size, "the partition's start", disk_offset(entry, 0x20));
  u64 length = checked_mul(checked_add(last - first, 1, "the partition's size"), sector_size,
                           "the partition's size", disk_offset(entry, 0x28));
  checked_add(at, length, "the partition's end", disk_offset(entry, 0x28));
  std::string guid = text_in(entry, "type_guid");
  return {static_cast<u64>(entry.given),
          {at, length},
          gpt_mbr_type(guid),
          gpt_type_text(guid),
          until_zero(text_in(entry, "name"))};
}

} // namespace lab
