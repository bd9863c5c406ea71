// SPDX-License-Identifier: GPL-2.0-or-later
//
// A directory is a list of slots of 32 bytes. The first byte of each says what it is: a code, whether
// a driver may ignore what it does not know (benign) or not (critical), whether it stands by itself
// (primary) or belongs to the entry before (secondary), and whether it is in use. Deleting an entry
// clears that one bit. A type of zero ends the directory.
//
// Specification: 6 "Directory Structure" and 7 "Directory Entry Definitions". What TexFAT's padding and
// Windows CE's access control lists hold is in documents of their own, which are not public; here they
// have the rows of the templates that every entry follows.
#include "formats/exfat/file_rows.h"

#include "base/sums.h"
#include "formats/exfat/tables.h"
#include "schema/value.h"

namespace lab::exfat {

namespace {

using namespace rows;

// clang-format off
constexpr Field stream_fields[] = {
    type, type_code, type_importance, type_category, in_use_bit,
    secondary_flags, allocation_possible, no_fat_chain,
    reserved("reserved_1",        2, 1).called("Reserved1"),
    u8_ ("name_length",           3).called("NameLength").doc("UTF-16 units in the name, 1 to 255"),
    le16("name_hash",             4).in_hex().called("NameHash").doc("the sum of the name in upper case: what is not equal here need not be compared"),
    reserved("reserved_2",        6, 2).called("Reserved2"),
    le64("valid_data_length",     8).called("ValidDataLength").doc("bytes that were ever written; those behind read as zeroes"),
    reserved("reserved_3",       16, 4).called("Reserved3"),
    first_cluster, data_length,
};

constexpr Field name_fields[] = {
    type, type_code, type_importance, type_category, in_use_bit,
    secondary_flags, allocation_possible, no_fat_chain,
    utf16("name", 2, 30).called("FileName").doc("fifteen units of the name"),
};

constexpr Field vendor_fields[] = {
    type, type_code, type_importance, type_category, in_use_bit,
    secondary_flags, allocation_possible, no_fat_chain,
    guid("vendor", 2).called("VendorGuid").doc("whose entry it is"),
    raw ("value", 18, 14).called("VendorDefined").doc("as the GUID's owner defined it"),
};

constexpr Field vendor_allocation_fields[] = {
    type, type_code, type_importance, type_category, in_use_bit,
    secondary_flags, allocation_possible, no_fat_chain,
    guid("vendor", 2).called("VendorGuid").doc("whose entry it is"),
    raw ("value", 18, 2).called("VendorDefined").doc("as the GUID's owner defined it"),
    first_cluster, data_length,
};

constexpr Field bitmap_fields[] = {
    type, type_code, type_importance, type_category, in_use_bit,
    u8_ ("bitmap_flags", 1).called("BitmapFlags").doc("which bitmap it is"),
    flag("second", 1, 0).called("BitmapIdentifier").doc("1: the bitmap that belongs to the second FAT"),
    reserved("reserved", 2, 18).called("Reserved"),
    first_cluster, data_length,
};

constexpr Field upcase_fields[] = {
    type, type_code, type_importance, type_category, in_use_bit,
    reserved("reserved_1", 1, 3).called("Reserved1"),
    le32("checksum", 4).in_hex().called("TableChecksum").doc("the sum of the up-case table's bytes"),
    reserved("reserved_2", 8, 12).called("Reserved2"),
    first_cluster, data_length,
};

constexpr Field label_fields[] = {
    type, type_code, type_importance, type_category, in_use_bit,
    u8_  ("length", 1).called("CharacterCount").doc("UTF-16 units in the label, 0 to 11"),
    utf16("label", 2, 22).called("VolumeLabel").doc("the volume's name"),
    reserved("reserved", 24, 8).called("Reserved"),
};

constexpr Field guid_fields[] = {
    type, type_code, type_importance, type_category, in_use_bit,
    secondary_count, set_checksum,
    le16("primary_flags", 4).called("GeneralPrimaryFlags").doc("0: the entry has no clusters"),
    guid("volume_guid", 6).called("VolumeGuid").doc("tells volumes apart"),
    reserved("reserved", 22, 10).called("Reserved"),
};

constexpr Field primary_fields[] = {
    type, type_code, type_importance, type_category, in_use_bit,
    secondary_count, set_checksum,
    le16("primary_flags", 4).called("GeneralPrimaryFlags").doc("what first_cluster and data_length mean"),
    flag("allocation_possible", 4, 0).called("AllocationPossible").doc("1: the entry can have clusters"),
    flag("no_fat_chain", 4, 1).called("NoFatChain").doc("1: the clusters follow one another, and the FAT says nothing of them"),
    raw ("value", 6, 14).called("CustomDefined").doc("as the type's own document defines it"),
    first_cluster, data_length,
};

constexpr Field secondary_fields[] = {
    type, type_code, type_importance, type_category, in_use_bit,
    secondary_flags, allocation_possible, no_fat_chain,
    raw ("value", 2, 18).called("CustomDefined").doc("as the type's own document defines it"),
    first_cluster, data_length,
};

constexpr Field end_fields[] = {
    type, type_code, type_importance, type_category, in_use_bit,
    raw ("unused", 1, 31).called("CustomDefined").doc("whatever was there before; nothing behind a type of zero is read"),
};
// clang-format on

/// A volume GUID is a set of its own, without secondary entries.
u64 sum_of_entry(const Node &entry) {
  return exfat_entry_set_sum(bytes_at(*entry.space, entry.at, slot_bytes));
}
std::vector<Extent> covered_by_sum(const Node &entry) {
  return {{entry.at, 2}, {entry.at + 4, slot_bytes - 4}};
}
constexpr Seal guid_seals[] = {
    {"set_checksum", sum_of_entry, covered_by_sum, "the sum of the entry but for itself"}};

constexpr Struct entry(const char *name, const char *meaning, std::span<const Field> fields,
                       std::span<const Seal> seals = {}) {
  return {.name = name,
          .meaning = meaning,
          .size = slot_bytes,
          .fields = fields,
          .seals = seals,
          .source = specification};
}

} // namespace

namespace tables {
// clang-format off
constexpr Struct file_entry        = entry("exfat.file_entry", "the first entry of a file's set", rows::file);
constexpr Struct stream            = entry("exfat.stream", "where a file's data are: its stream extension", stream_fields);
constexpr Struct name_part         = entry("exfat.name_part", "a part of a file's name", name_fields);
constexpr Struct vendor            = entry("exfat.vendor", "a vendor's extension of a file's set", vendor_fields);
constexpr Struct vendor_allocation = entry("exfat.vendor_allocation", "a vendor's extension that has clusters", vendor_allocation_fields);
constexpr Struct acl               = entry("exfat.acl", "a Windows CE access control list", secondary_fields);
constexpr Struct bitmap_entry      = entry("exfat.bitmap_entry", "where an allocation bitmap is", bitmap_fields);
constexpr Struct upcase_entry      = entry("exfat.upcase_entry", "where the up-case table is, and its checksum", upcase_fields);
constexpr Struct label_entry       = entry("exfat.label_entry", "the volume's label", label_fields);
constexpr Struct volume_guid       = entry("exfat.volume_guid", "the volume's GUID", guid_fields, guid_seals);
constexpr Struct padding           = entry("exfat.padding", "TexFAT's padding", primary_fields);
constexpr Struct end_entry         = entry("exfat.end_entry", "the slot where a directory ends", end_fields);
constexpr Struct primary_entry     = entry("exfat.primary_entry", "an entry of unknown type that stands by itself", primary_fields);
constexpr Struct secondary_entry   = entry("exfat.secondary_entry", "an entry of unknown type that belongs to the one before", secondary_fields);
// clang-format on
static_assert(sound(file_entry) && sound(stream) && sound(name_part) && sound(vendor) &&
              sound(vendor_allocation));
static_assert(sound(acl) && sound(bitmap_entry) && sound(upcase_entry) && sound(label_entry) &&
              sound(volume_guid));
static_assert(sound(padding) && sound(end_entry) && sound(primary_entry) && sound(secondary_entry));
} // namespace tables

namespace {

struct TypeTable {
  Type type;
  const Struct *table;
};

constexpr TypeTable type_tables[] = {
    {bitmap_type, &tables::bitmap_entry},
    {upcase_type, &tables::upcase_entry},
    {label_type, &tables::label_entry},
    {file_type, &tables::file_entry},
    {guid_type, &tables::volume_guid},
    {padding_type, &tables::padding},
    {stream_type, &tables::stream},
    {name_type, &tables::name_part},
    {vendor_type, &tables::vendor},
    {vendor_allocation_type, &tables::vendor_allocation},
    {acl_type, &tables::acl},
};

} // namespace

const Struct &struct_of_type(u8 type) {
  if (type == end_type) return tables::end_entry;
  for (const TypeTable &row : type_tables)
    if (row.type == (type | in_use)) return *row.table;
  return type & secondary ? tables::secondary_entry : tables::primary_entry;
}

} // namespace lab::exfat
