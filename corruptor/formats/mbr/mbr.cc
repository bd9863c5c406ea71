// SPDX-License-Identifier: GPL-2.0-or-later
//
// The master boot record is sector 0 of a disk: a program that the firmware starts, and behind it a
// table of four partitions. Everybody reads the start and length counted in sectors (LBA); the older
// addresses by cylinder, head and sector (CHS) are still written and hardly ever read. A cylinder has
// ten bits: eight in a byte of its own, two borrowed from the byte of the sector.
//
// There is no one specification. The layout here is that of the UEFI specification, section 5.2.1
// (https://uefi.org/specs/UEFI/2.10/05_GUID_Partition_Table_Format.html), with the disk signature and
// the copy protection word as Windows uses them.
#include "formats/mbr/mbr.h"

#include <fmt/format.h>

#include "formats/mbr/types.h"
#include "schema/value.h"

namespace lab {

static constexpr Name status_names[] = {{0x00, "inactive"}, {0x80, "active"}};
static constexpr Name protection_names[] = {{0x0000, "none"}, {0x5a5a, "copy_protected"}};
static constexpr Name signature_names[] = {{0xaa55, "valid"}};

std::string mbr_type_text(u64 type) {
  for (const Name &name : mbr_types)
    if (name.value == type) return name.name;
  return fmt::format("{:#04x}", type);
}

bool is_extended(u64 type) { return type == 0x05 || type == 0x0f || type == 0x85; }

constexpr char uefi[] = "UEFI specification 2.10, section 5.2.1";

/// An entry of type 0xee keeps tools that know no GPT off the disk; with others beside it the MBR is a
/// hybrid, which shows some of the GPT's partitions to systems that only read an MBR.
static Value kind_of(const Node &mbr) {
  u64 protective = 0, others = 0;
  each_mbr_entry(mbr, [&](const Node &entry) {
    (number(entry, "type") == protective_type ? protective : others)++;
    return true;
  });
  return std::string(protective && others ? "hybrid"
                     : protective         ? "protective"
                     : others             ? "partitions"
                                          : "empty");
}

constexpr Field mbr_fields[] = {
    // clang-format off
    raw ("boot_code",       0x000, 440).called("BootCode")           .doc("the program that the firmware starts"),
    le32("disk_signature",  0x1b8).in_hex().called("UniqueMbrDiskSignature")  .doc("tells disks apart; Windows finds drive letters by it"),
    le16("copy_protection", 0x1bc).in_hex().called("Unknown").with(one_of(protection_names)).doc("0, or 0x5a5a on a disk that must not be written"),
    raw ("partition_table", 0x1be, 64).called("PartitionRecord")     .doc("all four entries at once"),
    le16("signature",       0x1fe).in_hex().called("Signature")               .doc("0xaa55: there is a boot record here").with(one_of(signature_names)),
    view("kind",            kind_of, nullptr, ValueKind::text)       .doc("whom the table is for: partitions, protective (a GPT holds the partitions), hybrid (both hold some), or empty"),
    // clang-format on
};

/// The sixteen bytes are the same in both records; only what `start_lba` counts from differs.
// clang-format off
constexpr Field status_row = u8_("status", 0x00).called("BootIndicator").with(one_of(status_names))
    .doc("0x80: the firmware starts this one; everything else but 0 is invalid");
constexpr Field start_head_row = u8_("start_head", 0x01).called("StartingCHS[0]").doc("head of the first sector");
constexpr Field start_sector_row = bits("start_sector", 16, 6).called("StartingCHS[1]").doc("sector of the first sector, from 1");
constexpr Field start_cylinder_row = join("start_cylinder", ValueKind::uint, Slice{24, 8}, Slice{22, 2})
    .called("StartingCHS[1..2]").doc("cylinder of the first sector; its two high bits stand in the byte before");
constexpr Field type_row = u8_("type", 0x04).in_hex().called("OSType").with(one_of(mbr_types)).doc("what the partition holds");
constexpr Field end_head_row = u8_("end_head", 0x05).called("EndingCHS[0]").doc("head of the last sector");
constexpr Field end_sector_row = bits("end_sector", 48, 6).called("EndingCHS[1]").doc("sector of the last sector, from 1");
constexpr Field end_cylinder_row = join("end_cylinder", ValueKind::uint, Slice{56, 8}, Slice{54, 2})
    .called("EndingCHS[1..2]").doc("cylinder of the last sector; its two high bits stand in the byte before");
constexpr Field sector_count_row = le32("sector_count", 0x0c).called("SizeInLBA").doc("sectors in the partition");

constexpr Field mbr_entry_fields[] = {
    status_row, start_head_row, start_sector_row, start_cylinder_row, type_row, end_head_row, end_sector_row, end_cylinder_row,
    le32("start_lba", 0x08).called("StartingLBA").to("sector").doc("first sector of the partition, counted on the disk"),
    sector_count_row,
};
// clang-format on

static Value first_sector(const Node &entry) {
  return static_cast<u64>(entry.given) + number(entry, "start_lba");
}

// clang-format off
constexpr Field ebr_entry_fields[] = {
    status_row, start_head_row, start_sector_row, start_cylinder_row, type_row, end_head_row, end_sector_row, end_cylinder_row,
    le32("start_lba", 0x08).called("StartingLBA")
        .doc("first sector: entry 1 counts from this record, entry 2 from the start of the extended partition"),
    sector_count_row,
    view("first_sector", first_sector).to("sector").doc("the same, counted on the disk"),
};
// clang-format on

constexpr Field ebr_fields[] = {
    // clang-format off
    raw ("boot_code",       0x000, 446)     .doc("unused, usually zero"),
    raw ("partition_table", 0x1be, 64)      .doc("all four entries at once; the last two are unused"),
    le16("signature",       0x1fe).in_hex()          .doc("0xaa55: there is a boot record here").with(one_of(signature_names)),
    // clang-format on
};

/// The sector that an extended boot record lies in; its first entry counts from there.
static i64 record_sector(const Node &record) {
  return static_cast<i64>(record.at / facts_of<DiskFacts>(record).sector_size);
}

static std::optional<Node> entry_of(const Node &record, const Key &key) {
  if (key.is != Key::number || key.index < 1 || key.index > 4) return std::nullopt;
  bool extended = record.type == &ebr_struct;
  Node entry = child(record, extended ? ebr_entry_struct : mbr_entry_struct, keyed("entry", key.index),
                     record.at + 0x1be + 16 * (key.index - 1));
  if (extended) entry.given = key.index == 1 ? record_sector(record) : record.given;
  return entry;
}

void each_mbr_entry(const Node &record, const Visit &visit) {
  for (u64 n = 1; n <= 4; n++) {
    Node entry = *entry_of(record, {Key::number, n, ""});
    bool used =
        number(entry, "type") != 0 || number(entry, "start_lba") != 0 || number(entry, "sector_count") != 0;
    if (used && !visit(entry)) return;
  }
}

// clang-format off
constexpr Edge mbr_edges[] = {
    {"entry", "[n]", &mbr_entry_struct, "a partition; n from 1 to 4", entry_of, each_mbr_entry, true},
};
constexpr Edge ebr_edges[] = {
    {"entry", "[n]", &ebr_entry_struct, "1: the logical partition; 2: the next record; 3 and 4: unused", entry_of, each_mbr_entry, true},
};

constexpr Struct mbr_struct = {"mbr", "the master boot record: boot program and partition table", 512, mbr_fields, mbr_edges,
                               {}, {}, {}, uefi};
constexpr Struct ebr_struct = {"ebr", "an extended boot record: one logical partition, and where the next record is", 512,
                               ebr_fields, ebr_edges, {}, {}, {}, "as Linux reads it: block/partitions/msdos.c, parse_extended"};
constexpr Struct mbr_entry_struct = {"mbr.entry", "an entry of the partition table", 16, mbr_entry_fields, {}, {}, {}, {}, uefi};
constexpr Struct ebr_entry_struct = {"ebr.entry", "an entry of an extended boot record", 16, ebr_entry_fields, {}, {}, {}, {}, uefi};
// clang-format on

static_assert(sound(mbr_struct));
static_assert(sound(mbr_entry_struct));
static_assert(sound(ebr_struct));
static_assert(sound(ebr_entry_struct));

Node mbr_of(const Node &disk) { return child(disk, mbr_struct, "mbr", 0); }

} // namespace lab
