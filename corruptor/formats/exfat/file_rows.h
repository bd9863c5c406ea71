// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rows that several structures of a directory share: the type byte of any entry, and all rows of a
// file's directory entry, which the whole set shows too.
//
// Specification: 6.2 "DirectoryEntry Template", 7.4 "File Directory Entry".
#pragma once

#include <array>

#include "formats/exfat/entries.h"

namespace lab::exfat::rows {

// clang-format off
inline constexpr Name type_names[] = {
    {0x00, "end"},
    {0x81, "bitmap"}, {0x82, "upcase"}, {0x83, "label"}, {0x85, "file"}, {0xa0, "volume_guid"}, {0xa1, "padding"},
    {0xc0, "stream"}, {0xc1, "name_part"}, {0xe0, "vendor"}, {0xe1, "vendor_allocation"}, {0xe2, "acl"},
    {0x01, "deleted_bitmap"}, {0x02, "deleted_upcase"}, {0x03, "deleted_label"}, {0x05, "deleted_file"},
    {0x20, "deleted_volume_guid"}, {0x21, "deleted_padding"}, {0x40, "deleted_stream"}, {0x41, "deleted_name_part"},
    {0x60, "deleted_vendor"}, {0x61, "deleted_vendor_allocation"}, {0x62, "deleted_acl"},
};
inline constexpr Name attribute_names[] = {{0x01, "read_only"}, {0x02, "hidden"}, {0x04, "system"}, {0x10, "directory"}, {0x20, "archive"}};

inline constexpr Field type            = u8_ ("type", 0).in_hex().called("EntryType").with(one_of(type_names)).doc("what the entry is; 0: the directory ends here");
inline constexpr Field type_code       = bits("type_code", 0, 5).aliased().called("TypeCode").doc("the kind of entry, among those of its importance and category");
inline constexpr Field type_importance = flag("type_importance", 0, 5).called("TypeImportance").doc("1: benign, whoever does not know it may ignore it; 0: critical, who does not know it must not mount or open");
inline constexpr Field type_category   = flag("type_category", 0, 6).called("TypeCategory").doc("1: secondary, belongs to the primary entry before it");
inline constexpr Field in_use_bit      = flag("in_use", 0, 7).called("InUse").doc("0: deleted");

inline constexpr Field secondary_count = u8_ ("secondary_count", 1).called("SecondaryCount").doc("entries that follow and belong to this one");
inline constexpr Field set_checksum    = le16("set_checksum", 2).in_hex().called("SetChecksum").doc("the sum of the set's bytes but these two");
inline constexpr Field secondary_flags = u8_ ("flags", 1).called("GeneralSecondaryFlags").doc("what first_cluster and data_length mean");
inline constexpr Field allocation_possible = flag("allocation_possible", 1, 0).called("AllocationPossible").doc("1: the entry can have clusters, so first_cluster and data_length mean something");
inline constexpr Field no_fat_chain    = flag("no_fat_chain", 1, 1).called("NoFatChain").doc("1: the clusters follow one another, and the FAT says nothing of them");
inline constexpr Field first_cluster   = le32("first_cluster", 20).called("FirstCluster").to("cluster").doc("where the data begin; 0: there are none");
inline constexpr Field data_length     = le64("data_length", 24).called("DataLength").doc("bytes in the data");

inline constexpr auto file = std::to_array<Field>({
    type, type_code, type_importance, type_category, in_use_bit,
    secondary_count, set_checksum,
    le16("attributes",      4).called("FileAttributes").with(flags_of(attribute_names)).doc("what the file is"),
    reserved("reserved_1",  6, 2).called("Reserved1"),
    le16("create_time",     8).called("CreateTimestamp").as(ValueKind::dos_time).doc("created, in local time"),
    le16("create_date",    10).called("CreateTimestamp").as(ValueKind::dos_date).doc("created, in local time"),
    le16("modify_time",    12).called("LastModifiedTimestamp").as(ValueKind::dos_time).doc("last written, in local time"),
    le16("modify_date",    14).called("LastModifiedTimestamp").as(ValueKind::dos_date).doc("last written, in local time"),
    le16("access_time",    16).called("LastAccessedTimestamp").as(ValueKind::dos_time).doc("last read, in local time"),
    le16("access_date",    18).called("LastAccessedTimestamp").as(ValueKind::dos_date).doc("last read, in local time"),
    u8_ ("create_10ms",    20).called("Create10msIncrement").doc("hundredths of a second, 0 to 199, to add to create_time"),
    u8_ ("modify_10ms",    21).called("LastModified10msIncrement").doc("hundredths of a second, 0 to 199, to add to modify_time"),
    bits("create_utc_offset", 22 * 8, 7).as(ValueKind::sint).called("CreateUtcOffset").doc("quarters of an hour that local time was ahead of UTC"),
    bits("create_utc_valid",  22 * 8 + 7, 1).called("OffsetValid").doc("1: create_utc_offset holds; 0: nobody knows the time zone"),
    bits("modify_utc_offset", 23 * 8, 7).as(ValueKind::sint).called("LastModifiedUtcOffset").doc("quarters of an hour that local time was ahead of UTC"),
    bits("modify_utc_valid",  23 * 8 + 7, 1).called("OffsetValid").doc("1: modify_utc_offset holds"),
    bits("access_utc_offset", 24 * 8, 7).as(ValueKind::sint).called("LastAccessedUtcOffset").doc("quarters of an hour that local time was ahead of UTC"),
    bits("access_utc_valid",  24 * 8 + 7, 1).called("OffsetValid").doc("1: access_utc_offset holds"),
    reserved("reserved_2", 25, 7).called("Reserved2"),
});
// clang-format on

} // namespace lab::exfat::rows
