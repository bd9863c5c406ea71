// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot region: the boot sector with the few numbers from which all else follows, eight sectors for
// a longer boot program, OEM parameters, a reserved sector, and a sector full of one checksum over the
// eleven before. The same twelve sectors follow once more as a backup.
//
// The checksum is of 32 bits and fills its sector: 128 words of it when a sector has 512 bytes, 1024 when it has
// 4096.
//
// Specification: 3 "Main and Backup Boot Regions"; the names beside ours are its names.
#include "formats/exfat/boot.h"

#include "base/checked.h"
#include "base/sums.h"
#include "device/mapped.h"
#include "formats/exfat/geometry.h"
#include "formats/exfat/tables.h"
#include "schema/value.h"

namespace lab::exfat {

namespace {

u64 sector_bytes(const Node &node) { return volume_facts(node).sector_bytes; }

/// What a shift in the boot sector means; Damage if it means nothing.
u64 shifted(const Node &boot, const char *field, u64 at, u64 most, u64 times) {
  u64 shift = number(boot, field);
  if (shift > most)
    damaged(boot, at,
            std::string(field) + " is " + std::to_string(shift) + ", expected at most " +
                std::to_string(most));
  return times << shift;
}
u64 stored_sector(const Node &boot) { return shifted(boot, "bytes_per_sector_shift", 108, 12, 1); }
u64 stored_cluster(const Node &boot) {
  return shifted(boot, "sectors_per_cluster_shift", 109, 25, stored_sector(boot));
}

template <u64 (*unit)(const Node &)> u64 product(const Node &boot, const char *field) {
  return checked_mul(number(boot, field), unit(boot), field, disk_offset(boot));
}
constexpr auto in_sectors = product<stored_sector>;

constexpr Name signature_names[] = {{0xaa55, "valid"}};
constexpr Name revision_names[] = {{0x0100, "1.00"}};
constexpr Name percent_names[] = {{0xff, "unknown"}};
constexpr Name volume_flags[] = {{1, "second_fat"}, {2, "dirty"}, {4, "media_failure"}, {8, "clear_to_zero"}};

// clang-format off
constexpr Field fields[] = {
    raw ("jump",              0,   3).called("JumpBoot")            .doc("eb 76 90: jumps over the parameters"),
    text("name",              3,   8).called("FileSystemName")      .doc("\"EXFAT   \": what makes this exFAT"),
    reserved("must_be_zero", 11,  53).called("MustBeZero")          .doc("zero where FAT has its parameters, so that no FAT driver takes it for FAT"),
    le64("partition_offset", 64)     .called("PartitionOffset")     .doc("sectors of the disk before the volume; 0: not known").not_checked(),
    le64("volume_length",    72)     .called("VolumeLength").to("sector").doc("sectors in the volume"),
    le32("fat_offset",       80)     .called("FatOffset").to("sector")   .doc("where FAT 0 begins"),
    le32("fat_length",       84)     .called("FatLength")           .doc("sectors in one FAT"),
    le32("cluster_heap_offset", 88)  .called("ClusterHeapOffset").to("sector").doc("where cluster 2 begins"),
    le32("cluster_count",    92)     .called("ClusterCount")        .doc("clusters in the heap; the first has number 2"),
    le32("root_cluster",     96)     .called("FirstClusterOfRootDirectory").to("cluster").doc("where the root directory begins"),
    le32("serial",          100).in_hex().called("VolumeSerialNumber").doc("tells volumes apart; made from the time of formatting").not_checked(),
    le16("revision",        104).in_hex().called("FileSystemRevision").with(one_of(revision_names)).doc("major version in the high byte, minor one in the low byte"),
    le16("volume_flags",    106)     .called("VolumeFlags").with(flags_of(volume_flags)).own_in_each_copy().doc("the volume's state; the checksum leaves it out"),
    flag("active_fat",      106, 0)  .called("ActiveFat")           .own_in_each_copy().doc("the FAT and the bitmap in use: 0 the first, 1 the second (TexFAT)"),
    flag("dirty",           106, 1)  .called("VolumeDirty")         .own_in_each_copy().doc("the volume may be inconsistent: it was not unmounted"),
    flag("media_failure",   106, 2)  .called("MediaFailure")        .own_in_each_copy().doc("reading or writing failed, or bad clusters were marked"),
    flag("clear_to_zero",   106, 3)  .called("ClearToZero")         .own_in_each_copy().doc("to be cleared before the first change; no other meaning"),
    u8_ ("bytes_per_sector_shift",    108).called("BytesPerSectorShift")   .doc("exponent of two of a sector's bytes, 9 to 12"),
    u8_ ("sectors_per_cluster_shift", 109).called("SectorsPerClusterShift").doc("exponent of two of a cluster's sectors; both exponents together are 25 at most"),
    u8_ ("number_of_fats",  110)     .called("NumberOfFats")        .doc("1; 2 on TexFAT, with as many bitmaps"),
    u8_ ("drive_select",    111).in_hex().called("DriveSelect")     .doc("for the BIOS: 0x80 the first hard disk").not_checked(),
    u8_ ("percent_in_use",  112)     .called("PercentInUse").with(one_of(percent_names)).own_in_each_copy().doc("clusters in use, rounded down; the checksum leaves it out"),
    reserved("reserved",    113, 7)  .called("Reserved"),
    raw ("boot_code",       120, 390).called("BootCode")            .doc("the program that the firmware starts; f4 (halt) if there is none").not_checked(),
    le16("signature",       510).in_hex().called("BootSignature").with(one_of(signature_names)).doc("0xaa55, at 510 whatever the sector size"),
    raw ("excess",          512, Num("sector_bytes", 1, -512)).called("ExcessSpace").doc("the rest of a sector of more than 512 bytes").not_checked(),
    le32("checksum", Num("sector_bytes", checksum_sector)).times("checksum_words").in_hex().called("Checksum")
        .doc("the checksum of the eleven sectors before, repeated through the sector"),
    view("bytes_per_sector",  [](const Node &b) -> Value { return stored_sector(b); })                  .doc("what bytes_per_sector_shift means"),
    view("bytes_per_cluster", [](const Node &b) -> Value { return stored_cluster(b); })                 .doc("what both shifts together mean"),
    view("volume_bytes",      [](const Node &b) -> Value { return in_sectors(b, "volume_length"); })    .doc("bytes in the volume"),
    view("fat_bytes",         [](const Node &b) -> Value { return in_sectors(b, "fat_length"); })       .doc("bytes in one FAT"),
    view("fat_at",            [](const Node &b) -> Value { return in_sectors(b, "fat_offset"); }).to("byte").doc("where FAT 0 begins, in bytes from the volume's start"),
    view("cluster_heap_at",   [](const Node &b) -> Value { return in_sectors(b, "cluster_heap_offset"); }).to("byte").doc("where cluster 2 begins, in bytes from the volume's start"),
    view("sector_bytes",      [](const Node &b) -> Value { return sector_bytes(b); })                   .doc("bytes in a sector, as the volume was opened: what places the sectors of this region"),
    view("checksum_words",    [](const Node &b) -> Value { return sector_bytes(b) / 4; })               .doc("how often the checksum stands in its sector"),
};
// clang-format on

u64 sum_of_region(const Node &boot) {
  return exfat_boot_sum(bytes_at(*boot.space, boot.at, checksum_sector * sector_bytes(boot)));
}

/// Without the flags and the percentage, which change while the volume is in use.
std::vector<Extent> covered_by_sum(const Node &boot) {
  u64 end = checksum_sector * sector_bytes(boot);
  return {{boot.at, 106}, {boot.at + 108, 4}, {boot.at + 113, end - 113}};
}

constexpr Seal seals[] = {
    {"checksum", sum_of_region, covered_by_sum, "the sum of the region's first eleven sectors"},
};

std::optional<Node> find_extended(const Node &boot, const Key &key) {
  if (key.is != Key::number || key.index < 1 || key.index > 8) return std::nullopt;
  return child(boot, tables::extended_boot, keyed("extended", key.index), key.index * sector_bytes(boot));
}

void each_extended(const Node &boot, const Visit &visit) {
  for (u64 n = 1; n <= 8; n++)
    if (!visit(*find_extended(boot, {Key::number, n, ""}))) return;
}

std::optional<Node> find_oem(const Node &boot, const Key &) {
  return child(boot, tables::oem_parameters, "oem", 9 * sector_bytes(boot));
}

std::optional<Node> find_reserved(const Node &boot, const Key &) {
  return child(boot, tables::reserved_sector, "reserved_sector", 10 * sector_bytes(boot));
}

constexpr Edge edges[] = {
    {"extended", "[n]", &tables::extended_boot, "the sectors of a longer boot program; n from 1 to 8",
     find_extended, each_extended},
    {"oem", "", &tables::oem_parameters, "parameters of whoever made the medium", find_oem},
    {"reserved_sector", "", &tables::reserved_sector, "the sector before the checksum", find_reserved},
};

} // namespace

namespace tables {
constexpr Struct boot = {
    .name = "exfat.boot",
    .meaning = "a boot region: from its first sector alone everything else is found",
    .size = 0,
    .fields = fields,
    .edges = edges,
    .seals = seals,
    .source = specification,
};
static_assert(sound(boot));
} // namespace tables

Node region_node(const Node &volume, const char *name, u64 at) {
  SpacePtr space = slice_of(volume.space, at, region_sectors * sector_bytes(volume));
  return child(volume, tables::boot, name, space, 0);
}

} // namespace lab::exfat
