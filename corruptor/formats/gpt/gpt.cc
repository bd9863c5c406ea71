// SPDX-License-Identifier: GPL-2.0-or-later
//
// The GUID partition table stands twice on a disk: the header in sector 1 with its entries behind it,
// and a copy whose header is the disk's last sector with its entries before it. Each header has two
// sums: one over itself, one over its entries. So each copy can be judged alone, and a reader that
// finds one broken uses the other. A disk that was enlarged has its backup in mid-disk, where only
// `alternate_lba` leads.
//
// Specification: UEFI 2.10, chapter 5.3
// (https://uefi.org/specs/UEFI/2.10/05_GUID_Partition_Table_Format.html).
#include "formats/gpt/gpt.h"

#include <fmt/format.h>

#include "base/checked.h"
#include "base/sums.h"
#include "formats/gpt/entries.h"
#include "schema/value.h"

namespace lab {

static constexpr char uefi[] = "UEFI specification 2.10, chapter 5.3";

static u64 sector_size(const Node &node) { return facts_of<DiskFacts>(node).sector_size; }

constexpr Field header_fields[] = {
    // clang-format off
    text("signature",        0x00, 8)  .called("Signature")                .doc("\"EFI PART\""),
    le32("revision",         0x08).in_hex()     .called("Revision")                 .doc("0x00010000"),
    le32("header_size",      0x0c)     .called("HeaderSize")              .doc("bytes of the header that its sum covers: 92 to a sector"),
    le32("header_crc32",     0x10).in_hex().own_in_each_copy()     .called("HeaderCRC32")              .doc("CRC-32 of the header, this field taken as zero"),
    reserved("reserved",     0x14, 4)  .called("Reserved"),
    le64("my_lba",           0x18).own_in_each_copy()     .called("MyLBA").to("sector")       .doc("the sector that this header is in"),
    le64("alternate_lba",    0x20).own_in_each_copy()     .called("AlternateLBA").to("sector").doc("the sector of the other header"),
    le64("first_usable_lba", 0x28)     .called("FirstUsableLBA").to("sector").doc("the first sector that a partition may have"),
    le64("last_usable_lba",  0x30)     .called("LastUsableLBA").to("sector") .doc("the last sector that a partition may have"),
    guid("disk_guid",        0x38)     .called("DiskGUID")                 .doc("tells disks apart"),
    le64("entries_lba",      0x48).own_in_each_copy()     .called("PartitionEntryLBA").to("sector").doc("first sector of this copy's entries"),
    le32("entry_count",      0x50)     .called("NumberOfPartitionEntries") .doc("entries, used or not; 128 as a rule"),
    le32("entry_size",       0x54)     .called("SizeOfPartitionEntry")     .doc("bytes in an entry: 128, or a power of two times that"),
    le32("entries_crc32",    0x58).in_hex()     .called("PartitionEntryArrayCRC32") .doc("CRC-32 of all entries"),
    reserved("reserved_rest", 0x5c, 512 - 0x5c).called("Reserved"),
    // clang-format on
};

static std::vector<Extent> header_extents(const Node &header) {
  u64 size = number(header, "header_size");
  if (size < 92 || size > sector_size(header))
    damaged(header, 0x0c, fmt::format("header size {}, expected 92 to {}", size, sector_size(header)));
  return {{header.at, size}};
}

static u64 header_sum(const Node &header) {
  Extent extent = header_extents(header)[0];
  Bytes bytes = bytes_at(*header.space, extent.at, extent.length);
  std::fill_n(bytes.begin() + 0x10, 4, 0);
  return crc32(bytes);
}

static std::vector<Extent> entries_extents(const Node &header) { return {entries_extent(header)}; }

static u64 entries_sum(const Node &header) {
  Extent extent = entries_extent(header);
  Bytes bytes = bytes_at(*header.space, extent.at, extent.length);
  return crc32(bytes);
}

// clang-format off
constexpr Seal header_seals[] = {
    {"entries_crc32", entries_sum, entries_extents, "over all entries"},
    {"header_crc32", header_sum, header_extents, "over the header, which holds the sum of the entries"},
};

constexpr Edge header_edges[] = {
    {"entry", "[n]", &gpt_entry_struct, "a partition; n from 1, as in /dev/sda1", find_gpt_entry, each_gpt_entry},
};

constexpr Struct gpt_header_struct = {"gpt.header", "a header of the GUID partition table", 512, header_fields,
                                      header_edges, header_seals, {}, {}, uefi};
// clang-format on
static_assert(sound(gpt_header_struct));

bool has_gpt_signature(const Node &header) {
  u64 size = header.space->size();
  if (header.at > size || size - header.at < 512) return false;
  return std::get<std::string>(value_of(header, *field_named(gpt_header_struct, "signature"))) == "EFI PART";
}

static Node header_at(const Node &gpt, const char *name, u64 sector) {
  return child(gpt, gpt_header_struct, name, checked_mul(sector, sector_size(gpt), "sector of the header"));
}

static Node last_header(const Node &gpt) {
  u64 sectors = gpt.space->size() / sector_size(gpt);
  return header_at(gpt, "backup", sectors == 0 ? 0 : sectors - 1);
}

Node primary_header(const Node &gpt) { return header_at(gpt, "primary", 1); }

/// The last sector's, as the specification asks; else where the primary header says that it is. If it
/// is in neither place, the last sector: where it should be written again.
Node backup_header(const Node &gpt) {
  Node last = last_header(gpt);
  if (has_gpt_signature(last)) return last;
  Node primary = primary_header(gpt);
  if (!has_gpt_signature(primary)) return last;
  u64 sector = number(primary, "alternate_lba");
  if (sector < 2 || sector >= gpt.space->size() / sector_size(gpt)) return last;
  Node named = header_at(gpt, "backup", sector);
  return has_gpt_signature(named) ? named : last;
}

static std::optional<Node> find_primary(const Node &gpt, const Key &) { return primary_header(gpt); }
static std::optional<Node> find_backup(const Node &gpt, const Key &) { return backup_header(gpt); }

// clang-format off
constexpr Edge gpt_edges[] = {
    {"primary", "", &gpt_header_struct, "the header in sector 1, and its entries", find_primary, nullptr, true},
    {"backup", "", &gpt_header_struct, "the header in the disk's last sector, and its entries", find_backup, nullptr, true},
};
constexpr Mirror gpt_mirrors[] = {
    {"primary", "backup", "headers and entries; the headers differ in their own and the other's place and in their sums"},
};
constexpr Struct gpt_struct = {"gpt", "the GUID partition table, in two copies", 0, {}, gpt_edges, {}, gpt_mirrors, {}, uefi};
// clang-format on
static_assert(sound(gpt_struct));

Node gpt_of(const Node &disk) { return child(disk, gpt_struct, "gpt", 0); }

/// What is wrong with a header, or empty: what a firmware checks before it believes it.
static std::string fault(const Node &header) {
  try {
    if (!has_gpt_signature(header)) return "no \"EFI PART\" signature";
    if (number(header, "header_crc32") != header_sum(header)) return "its own sum is wrong";
    if (number(header, "entries_crc32") != entries_sum(header)) return "the sum of its entries is wrong";
    return "";
  } catch (const Damage &damage) { return damage.what(); }
}

/// One damaged entry does not hide the others.
static void add_partition(const Node &entry, std::vector<Partition> &found, std::vector<std::string> &notes) {
  try {
    found.push_back(gpt_partition(entry));
  } catch (const Damage &damage) { notes.push_back(damage.what()); }
}

std::vector<Partition> gpt_partitions(const Node &disk, std::vector<std::string> &notes) {
  Node gpt = gpt_of(disk);
  const Node headers[] = {primary_header(gpt), backup_header(gpt)};
  const Node *best = nullptr;
  for (const Node &header : headers) {
    std::string wrong = fault(header);
    if (wrong.empty() && !best) best = &header;
    if (!wrong.empty()) notes.push_back(path_of(header) + " at " + hex_offset(header.at) + ": " + wrong);
  }
  for (const Node &header : headers)
    if (!best && has_gpt_signature(header)) best = &header;
  std::vector<Partition> found;
  if (!best) return found;
  try {
    each_gpt_entry(*best, [&](const Node &entry) {
      add_partition(entry, found, notes);
      return true;
    });
  } catch (const Damage &damage) { notes.push_back(damage.what()); }
  return found;
}

} // namespace lab
