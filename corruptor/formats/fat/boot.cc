// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot sector of a FAT volume: a jump over its own data, the BIOS parameter block, which says
// where everything is, and a boot program. Up to offset 0x24 all widths agree; FAT32 puts its longer
// numbers there, and the rest moves back. FAT32 keeps a copy of the sector, usually in sector 6.
//
// Specification: "Microsoft Extensible Firmware Initiative FAT32 File System Specification", version
// 1.03 (fatgen103); the names on the right are its names.
#include "formats/fat/fat.h"

namespace lab {

static constexpr char fatgen[] = "fatgen103, Microsoft 2000";

static constexpr Name media_names[] = {{0xf0, "removable"},   {0xf8, "fixed"},       {0xf9, "floppy_720k"},
                                       {0xfa, "floppy_320k"}, {0xfb, "floppy_640k"}, {0xfc, "floppy_180k"},
                                       {0xfd, "floppy_360k"}, {0xfe, "floppy_160k"}, {0xff, "floppy_320k_8"}};
static constexpr Name drive_names[] = {{0x00, "first_floppy"}, {0x80, "first_hard_disk"}};
static constexpr Name signature_names[] = {{0xaa55, "valid"}};
static constexpr Name trail_names[] = {{0xaa550000, "valid"}};
static constexpr Name unknown_names[] = {{0xffffffff, "unknown"}};
static constexpr Name extended_names[] = {{0x28, "serial"}, {0x29, "serial_label_type"}};

// clang-format off
constexpr Field jump_row     = raw ("jump", 0x00, 3).called("BS_jmpBoot").doc("eb ?? 90 or e9 ?? ??: jumps over the parameters");
constexpr Field oem_row      = text("oem_name", 0x03, 8).called("BS_OEMName").doc("who formatted it; some systems look at it, none should");
constexpr Field sector_row   = le16("bytes_per_sector", 0x0b).called("BPB_BytsPerSec").doc("512, 1024, 2048 or 4096");
constexpr Field cluster_row  = u8_ ("sectors_per_cluster", 0x0d).called("BPB_SecPerClus").doc("a power of two, 1 to 128");
constexpr Field reserved_row = le16("reserved_sectors", 0x0e).called("BPB_RsvdSecCnt").to("sector").doc("sectors before the first FAT, this one included: where FAT 0 begins");
constexpr Field fats_row     = u8_ ("fat_count", 0x10).called("BPB_NumFATs").doc("copies of the table, nearly always 2");
constexpr Field media_row    = u8_ ("media", 0x15).in_hex().called("BPB_Media").with(one_of(media_names)).doc("0xf0 or 0xf8 to 0xff; the low byte of FAT entry 0 repeats it");
constexpr Field track_row    = le16("sectors_per_track", 0x18).called("BPB_SecPerTrk").doc("geometry for the BIOS");
constexpr Field heads_row    = le16("heads", 0x1a).called("BPB_NumHeads").doc("geometry for the BIOS");
constexpr Field hidden_row   = le32("hidden_sectors", 0x1c).called("BPB_HiddSec").doc("sectors on the disk before the volume: the partition's start");
constexpr Field total32_row  = le32("total_sectors_32", 0x20).called("BPB_TotSec32").to("sector").doc("sectors in the volume, if the 16-bit count is 0");
constexpr Field end_row      = le16("signature", 0x1fe).in_hex().called("Signature_word").with(one_of(signature_names)).doc("0xaa55, at 510 whatever the sector size");

constexpr Field boot_fields[] = {
    jump_row, oem_row, sector_row, cluster_row, reserved_row, fats_row,
    le16("root_entries",        0x11).called("BPB_RootEntCnt")            .doc("32-byte entries in the root directory"),
    le16("total_sectors_16",    0x13).called("BPB_TotSec16").to("sector") .doc("sectors in the volume; 0: the 32-bit count holds"),
    media_row,
    le16("sectors_per_fat_16",  0x16).called("BPB_FATSz16")               .doc("sectors in one FAT"),
    track_row, heads_row, hidden_row, total32_row,
    u8_ ("drive_number",        0x24).in_hex().called("BS_DrvNum").with(one_of(drive_names)).doc("for the BIOS: 0x80 the first hard disk, 0 the first floppy"),
    u8_ ("state",               0x25).called("BS_Reserved1")              .doc("Windows and Linux: bit 0 dirty, bit 1 wants a surface test"),
    flag("dirty",               0x25, 0).called("BS_Reserved1")           .doc("the volume was not unmounted"),
    flag("wants_surface_test",  0x25, 1).called("BS_Reserved1")           .doc("a read or write failed"),
    u8_ ("extended_signature",  0x26).in_hex().called("BS_BootSig").with(one_of(extended_names)).doc("0x29: the next three fields are there"),
    le32("serial",              0x27).in_hex().called("BS_VolID")                  .doc("tells volumes apart; made from the time of formatting"),
    text("volume_label",        0x2b, 11).called("BS_VolLab")             .doc("repeats the label of the root directory"),
    text("file_system_type",    0x36, 8).called("BS_FilSysType")          .doc("\"FAT12   \" or \"FAT16   \": a hint, not to be relied on"),
    raw ("boot_code",           0x3e, 448)                                .doc("the program that the firmware starts"),
    end_row,
};

constexpr Field fat32_boot_fields[] = {
    jump_row, oem_row, sector_row, cluster_row, reserved_row, fats_row,
    le16("root_entries",        0x11).called("BPB_RootEntCnt")            .doc("0 on FAT32"),
    le16("total_sectors_16",    0x13).called("BPB_TotSec16")              .doc("0 on FAT32"),
    media_row,
    le16("sectors_per_fat_16",  0x16).called("BPB_FATSz16")               .doc("0 on FAT32: that is how drivers tell it"),
    track_row, heads_row, hidden_row, total32_row,
    le32("sectors_per_fat_32",  0x24).called("BPB_FATSz32")               .doc("sectors in one FAT; root directory and data lie behind them"),
    le16("mirror_flags",        0x28).called("BPB_ExtFlags")              .doc("which FAT is in use"),
    bits("active_fat",          0x28 * 8, 4).aliased().called("BPB_ExtFlags").doc("the FAT in use, if mirroring is off"),
    flag("mirroring_off",       0x28, 7).called("BPB_ExtFlags")           .doc("1: only the active FAT is written"),
    le16("version",             0x2a).in_hex().called("BPB_FSVer")        .doc("major version in the high byte, minor in the low; 0, and a driver that knows only 0 refuses others"),
    le32("root_cluster",        0x2c).called("BPB_RootClus").to("cluster").doc("the root directory's first cluster, usually 2"),
    le16("fsinfo_sector",       0x30).called("BPB_FSInfo").to("sector")   .doc("where FSInfo is, usually 1"),
    le16("backup_boot_sector",  0x32).called("BPB_BkBootSec").to("sector").doc("where the copy of this sector is, usually 6; 0: none"),
    reserved("reserved",        0x34, 12).called("BPB_Reserved"),
    u8_ ("drive_number",        0x40).in_hex().called("BS_DrvNum").with(one_of(drive_names)).doc("for the BIOS: 0x80 the first hard disk"),
    u8_ ("state",               0x41).called("BS_Reserved1")              .doc("Windows and Linux: bit 0 dirty, bit 1 wants a surface test"),
    flag("dirty",               0x41, 0).called("BS_Reserved1")           .doc("the volume was not unmounted"),
    flag("wants_surface_test",  0x41, 1).called("BS_Reserved1")           .doc("a read or write failed"),
    u8_ ("extended_signature",  0x42).in_hex().called("BS_BootSig").with(one_of(extended_names)).doc("0x29: the next three fields are there"),
    le32("serial",              0x43).in_hex().called("BS_VolID")                  .doc("tells volumes apart; made from the time of formatting"),
    text("volume_label",        0x47, 11).called("BS_VolLab")             .doc("repeats the label of the root directory"),
    text("file_system_type",    0x52, 8).called("BS_FilSysType")          .doc("\"FAT32   \": a hint, not to be relied on"),
    raw ("boot_code",           0x5a, 420)                                .doc("the program that the firmware starts"),
    end_row,
};

constexpr Field fsinfo_fields[] = {
    text("lead_signature",   0x000, 4)  .called("FSI_LeadSig")              .doc("\"RRaA\""),
    reserved("reserved_1",   0x004, 480).called("FSI_Reserved1"),
    text("struct_signature", 0x1e4, 4)  .called("FSI_StrucSig")             .doc("\"rrAa\""),
    le32("free_clusters",    0x1e8).own_in_each_copy()     .called("FSI_Free_Count").with(one_of(unknown_names)).doc("free clusters, as far as known"),
    le32("next_free",        0x1ec).own_in_each_copy()     .called("FSI_Nxt_Free").to("cluster").with(one_of(unknown_names)).doc("where to look for a free one first"),
    reserved("reserved_2",   0x1f0, 12) .called("FSI_Reserved2"),
    le32("trail_signature",  0x1fc).in_hex()     .called("FSI_TrailSig").with(one_of(trail_names)).doc("0xaa550000"),
};

constexpr Struct fat_boot_struct = {"fat.boot", "boot sector and BIOS parameter block of FAT12 and FAT16", 512, boot_fields,
                                    {}, {}, {}, {}, fatgen};
constexpr Struct fat32_boot_struct = {"fat32.boot", "boot sector and BIOS parameter block of FAT32", 512, fat32_boot_fields,
                                      {}, {}, {}, {}, fatgen};
constexpr Struct fat32_fsinfo_struct = {"fat32.fsinfo", "FSInfo: how much is free and where; a hint that may be stale", 512,
                                        fsinfo_fields, {}, {}, {}, {}, fatgen};
// clang-format on
static_assert(sound(fat_boot_struct));
static_assert(sound(fat32_boot_struct));
static_assert(sound(fat32_fsinfo_struct));

} // namespace lab
