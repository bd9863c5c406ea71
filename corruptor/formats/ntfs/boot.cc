// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot sector: a BIOS parameter block that is mostly zero, and the few numbers from which all else
// follows. Its copy is the last sector of the partition, outside the clusters that the volume counts.
//
// Three sizes are stored in a byte each, and each in a code of its own: sectors_per_cluster is a count
// up to 0x80 and above it a negated exponent; record_size and index_block_size count clusters, or, if
// negative, are a negated exponent of bytes (-10 means 1024), for a record may be less than a cluster.
// The views show what they mean; the rows hold what is stored.
//
// https://flatcap.github.io/linux-ntfs/ntfs/files/boot.html
#include "formats/ntfs/boot.h"

#include "base/checked.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

/// Windows 10 1709 and later format with clusters of up to 2 MiB; no driver accepts larger ones.
constexpr u64 largest_cluster = u64{2} << 20;

/// Nothing is smaller than the smallest sector.
constexpr u64 smallest_block = 256;

bool is_power_of_two(u64 n) { return n != 0 && (n & (n - 1)) == 0; }

u64 sector_bytes(const Node &boot) {
  u64 bytes = number(boot, "bytes_per_sector");
  if (!is_power_of_two(bytes) || bytes < 256 || bytes > 4096)
    damaged(boot, 0x0b,
            "bytes_per_sector is " + std::to_string(bytes) + ", expected a power of two from 256 to 4096");
  return bytes;
}

u64 sectors_per_cluster(const Node &boot) {
  u64 code = number(boot, "sectors_per_cluster");
  bool is_exponent = code > 0x80;
  u64 sectors = is_exponent ? u64{1} << std::min<u64>(256 - code, 63) : code;
  if (!is_power_of_two(sectors) || sectors > largest_cluster / sector_bytes(boot))
    damaged(boot, 0x0d,
            "sectors_per_cluster is " + hex_offset(code) +
                ", expected 1, 2, 4 .. 0x80, or 0x100 minus an exponent, and at most 2 MiB in all");
  return sectors;
}

u64 cluster_bytes(const Node &boot) { return sectors_per_cluster(boot) * sector_bytes(boot); }

u64 block_bytes(const Node &boot, const char *field, u64 at) {
  i64 code = signed_number(boot, field);
  u64 bytes = code < 0 ? u64{1} << std::min<i64>(-code, 63)
                       : checked_mul(static_cast<u64>(code), cluster_bytes(boot), field);
  // An index block may be one cluster of 2 MiB; drivers then use the size in each index root instead.
  u64 most = std::max(largest_block, cluster_bytes(boot));
  if (!is_power_of_two(bytes) || bytes < smallest_block || bytes > most)
    damaged(boot, at,
            std::string(field) + " is " + std::to_string(code) + ", which makes " + std::to_string(bytes) +
                " bytes; expected a power of two from 256");
  return bytes;
}

u64 record_bytes(const Node &boot) { return block_bytes(boot, "record_size", 0x40); }
u64 index_block_bytes(const Node &boot) { return block_bytes(boot, "index_block_size", 0x44); }

u64 offset_of(const Node &boot, const char *lcn) {
  return checked_mul(number(boot, lcn), cluster_bytes(boot), lcn);
}

Value volume_bytes(const Node &boot) {
  return checked_mul(number(boot, "total_sectors"), sector_bytes(boot), "total_sectors",
                     disk_offset(boot, 0x28));
}

constexpr Field fields[] = {
    raw("jump", 0x00, 3).called("jump").doc("x86 jump over the parameters to boot_code").not_checked(),
    text("oem_id", 0x03, 8).called("oem_id").doc("\"NTFS\" and four spaces: what makes this NTFS"),
    le16("bytes_per_sector", 0x0b)
        .called("bytes_per_sector")
        .doc("bytes in a sector: a power of two, 256 to 4096"),
    u8_("sectors_per_cluster", 0x0d)
        .called("sectors_per_cluster")
        .doc("sectors in a cluster; above 0x80, 0x100 minus this is the exponent of two"),
    le16("reserved_sectors", 0x0e)
        .called("reserved_sectors")
        .doc("zero in NTFS; counted before the FAT in FAT"),
    u8_("fats", 0x10).called("fats").doc("zero in NTFS; the number of FATs in FAT"),
    le16("root_entries", 0x11).called("root_entries").doc("zero in NTFS"),
    le16("sectors", 0x13).called("sectors").doc("zero in NTFS; FAT's 16-bit number of sectors"),
    u8_("media", 0x15).in_hex().called("media_type").doc("0xf8 for a hard disk").not_checked(),
    le16("sectors_per_fat", 0x16).called("sectors_per_fat").doc("zero in NTFS"),
    le16("sectors_per_track", 0x18)
        .called("sectors_per_track")
        .doc("geometry for the BIOS; only boot code uses it")
        .not_checked(),
    le16("heads", 0x1a).called("heads").doc("geometry for the BIOS; only boot code uses it").not_checked(),
    le32("hidden_sectors", 0x1c)
        .called("hidden_sectors")
        .doc("sectors of the disk before this partition; only boot code uses it")
        .not_checked(),
    le32("large_sectors", 0x20).called("large_sectors").doc("zero in NTFS; FAT's 32-bit number of sectors"),
    u8_("physical_drive", 0x24)
        .in_hex()
        .called("physical_drive")
        .doc("BIOS drive number, 0x80 for the first disk")
        .not_checked(),
    u8_("current_head", 0x25).called("current_head").doc("zero; used by old boot code").not_checked(),
    u8_("extended_boot_signature", 0x26).in_hex().called("extended_boot_signature").doc("0x80").not_checked(),
    reserved("reserved_1", 0x27, 1),
    le64("total_sectors", 0x28)
        .to("sector")
        .called("number_of_sectors")
        .doc("sectors in the volume, without the backup boot sector that follows them"),
    le64("mft_lcn", 0x30).to("cluster").called("mft_lcn").doc("the cluster where $MFT starts"),
    le64("mirror_lcn", 0x38).to("cluster").called("mftmirr_lcn").doc("the cluster where $MFTMirr starts"),
    sle("record_size", 0x40, 1)
        .called("clusters_per_mft_record")
        .doc("clusters in a FILE record; if negative, minus the exponent of two of its bytes"),
    reserved("reserved_2", 0x41, 3),
    sle("index_block_size", 0x44, 1)
        .called("clusters_per_index_record")
        .doc("clusters in an index block; if negative, minus the exponent of two of its bytes"),
    reserved("reserved_3", 0x45, 3),
    le64("serial_number", 0x48)
        .in_hex()
        .called("volume_serial_number")
        .doc("drawn at random when the volume was made")
        .not_checked(),
    le32("checksum", 0x50).called("checksum").doc("zero; nobody computes or reads it").not_checked(),
    raw("boot_code", 0x54, 426)
        .called("bootstrap")
        .doc("the program that the BIOS runs; zero on a volume that does not boot")
        .not_checked(),
    le16("signature", 0x1fe).in_hex().called("end_of_sector_marker").doc("0xaa55"),

    view("sectors_in_cluster", [](const Node &boot) -> Value { return sectors_per_cluster(boot); })
        .doc("what sectors_per_cluster means"),
    view("cluster_bytes", [](const Node &boot) -> Value { return cluster_bytes(boot); })
        .doc("bytes in a cluster: sectors in a cluster x bytes_per_sector"),
    view("record_bytes", [](const Node &boot) -> Value { return record_bytes(boot); })
        .doc("bytes in a FILE record: what record_size means"),
    view("index_block_bytes", [](const Node &boot) -> Value { return index_block_bytes(boot); })
        .doc("bytes in an index block: what index_block_size means"),
    view("volume_bytes", volume_bytes).doc("bytes in the volume: total_sectors x bytes_per_sector"),
    view("mft_offset", [](const Node &boot) -> Value { return offset_of(boot, "mft_lcn"); })
        .to("byte")
        .doc("where $MFT starts, in bytes from the start of the volume: mft_lcn x cluster_bytes"),
    view("mirror_offset", [](const Node &boot) -> Value { return offset_of(boot, "mirror_lcn"); })
        .to("byte")
        .doc("where $MFTMirr starts, in bytes from the start of the volume: mirror_lcn x cluster_bytes"),
};

} // namespace

namespace tables {
constexpr Struct boot = {
    .name = "ntfs.boot",
    .meaning = "the boot sector: from it alone everything else is found",
    .size = 512,
    .fields = fields,
    .source = "https://flatcap.github.io/linux-ntfs/ntfs/files/boot.html",
};
static_assert(sound(boot));
} // namespace tables

Shape shape_of(const Node &boot) {
  Shape shape;
  shape.sector_bytes = sector_bytes(boot);
  shape.sectors_per_cluster = sectors_per_cluster(boot);
  shape.cluster_bytes = cluster_bytes(boot);
  shape.record_bytes = record_bytes(boot);
  shape.index_block_bytes = index_block_bytes(boot);
  shape.total_sectors = number(boot, "total_sectors");
  shape.mft_lcn = number(boot, "mft_lcn");
  shape.mirror_lcn = number(boot, "mirror_lcn");
  return shape;
}

bool has_oem_id(const Node &boot) {
  try {
    return std::get<std::string>(value_of(boot, *field_named(tables::boot, "oem_id"))) == "NTFS    ";
  } catch (const Damage &) { return false; } // a partition may reach past the end of the disk
}

Node boot_at(const Node &volume, const char *name, u64 at) { return child(volume, tables::boot, name, at); }

} // namespace lab::ntfs
