// SPDX-License-Identifier: GPL-2.0-or-later
//
// The values of attributes. Sizes and times of a file stand twice and more: in $STANDARD_INFORMATION,
// in each $FILE_NAME, and in a copy of that in the directory's index, which is what a listing shows.
// Windows updates the copies lazily, so a difference is no damage by itself. (That of the record's
// $FILE_NAME to its index entry is, in the name.)
//
// https://flatcap.github.io/linux-ntfs/ntfs/attributes/index.html
#include "formats/ntfs/values.h"

#include "formats/ntfs/attribute.h"
#include "formats/ntfs/names.h"
#include "formats/ntfs/stream.h"
#include "formats/ntfs/tables.h"
#include "formats/ntfs/view_index.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr Field standard_fields[] = {
    filetime("created", 0x00).called("creation_time").doc("when the file was made"),
    filetime("modified", 0x08).called("last_data_change_time").doc("when its data last changed"),
    filetime("record_changed", 0x10).called("last_mft_change_time").doc("when its record last changed"),
    filetime("accessed", 0x18).called("last_access_time").doc("when it was last read"),
    le32("file_flags", 0x20)
        .called("file_attributes")
        .with(flags_of(file_flags))
        .doc("DOS and NT file attributes"),
    le32("maximum_versions", 0x24).called("maximum_versions").doc("0: versions are not kept").not_checked(),
    le32("version_number", 0x28).called("version_number").doc("0: versions are not kept").not_checked(),
    le32("class_id", 0x2c).called("class_id").doc("always 0").not_checked(),
    le32("owner_id", 0x30).called("owner_id").doc("who is charged for the file's space, in $Quota"),
    le32("security_id", 0x34).called("security_id").doc("the security descriptor's number in $Secure"),
    le64("quota_charged", 0x38).called("quota_charged").doc("bytes charged to the owner"),
    le64("usn", 0x40).called("usn").doc("the file's last entry in the change journal"),
};
constexpr std::span<const Field> standard_rows = standard_fields;

constexpr Name namespaces[] = {{0, "posix"}, {1, "win32"}, {2, "dos"}, {3, "win32_and_dos"}};

constexpr Field name_fields[] = {
    bits("parent_record", 0, 48)
        .to("record")
        .called("parent_directory")
        .doc("the record of the directory it is in"),
    le16("parent_sequence", 0x06).called("parent_directory").doc("the sequence number of that record"),
    filetime("created", 0x08).own_in_each_copy().called("creation_time").doc("when the file was made"),
    filetime("modified", 0x10).own_in_each_copy().called("last_data_change_time").doc("when its data last changed"),
    filetime("record_changed", 0x18).own_in_each_copy().called("last_mft_change_time").doc("when its record last changed"),
    filetime("accessed", 0x20).own_in_each_copy().called("last_access_time").doc("when it was last read"),
    le64("allocated_size", 0x28).own_in_each_copy().called("allocated_size").doc("bytes in the clusters of the unnamed stream"),
    le64("real_size", 0x30).own_in_each_copy()
        .called("data_size")
        .doc("bytes in the unnamed stream: the size that a listing shows"),
    le32("file_flags", 0x38).own_in_each_copy()
        .called("file_attributes")
        .with(flags_of(file_flags))
        .doc("DOS and NT file attributes"),
    le32("reparse_tag", 0x3c).own_in_each_copy()
        .called("reparse_point_tag")
        .doc("the kind of reparse point; in a file with extended attributes the size of those, packed"),
    u8_("name_length", 0x40).called("file_name_length").doc("UTF-16 units in the name"),
    u8_("name_space", 0x41)
        .called("file_name_type")
        .with(one_of(namespaces))
        .doc("whose rules the name obeys"),
    utf16("name", 0x42, Num("name_length", 2)).called("file_name").doc("the name, without its directories"),
};

constexpr Field object_fields[] = {
    guid("object_id", 0x00).called("object_id").doc("the file's identity on this volume"),
    guid("birth_volume_id", 0x10).called("birth_volume_id").doc("the volume where the file was made"),
    guid("birth_object_id", 0x20).called("birth_object_id").doc("its identity there"),
    guid("domain_id", 0x30).called("domain_id").doc("always 0"),
};
constexpr std::span<const Field> object_rows = object_fields;

Value whole_size(const Node &value) { return size_of(value); }

constexpr Field label_fields[] = {
    utf16("name", 0, "bytes")
        .called("name")
        .doc("the label; it takes up the whole value, so a new one is padded with zeroes"),
    view("bytes", whole_size).doc("bytes in the label"),
};

constexpr Name volume_flags[] = {
    {0x0001, "dirty"},          {0x0002, "resize_logfile"},  {0x0004, "upgrade_on_mount"},
    {0x0008, "mounted_on_nt4"}, {0x0010, "delete_usn"},      {0x0020, "repair_object_ids"},
    {0x0080, "wim_unclean"},    {0x4000, "chkdsk_underway"}, {0x8000, "modified_by_chkdsk"},
};

constexpr Field volume_fields[] = {
    reserved("reserved", 0x00, 8),
    u8_("major_version", 0x08).called("major_ver").doc("3 since Windows 2000"),
    u8_("minor_version", 0x09).called("minor_ver").doc("1 since Windows XP, 0 in Windows 2000"),
    le16("flags", 0x0a).called("flags").with(flags_of(volume_flags)).doc("the volume's state"),
    flag("dirty", 0x0a, 0)
        .called("VOLUME_IS_DIRTY")
        .doc("1: it was not taken out of use properly; chkdsk shall run"),
};

constexpr Field ea_fields[] = {
    le16("packed_length", 0x00).called("ea_length").doc("bytes in the extended attributes, packed"),
    le16("needed", 0x02).called("need_ea_count").doc("extended attributes that a program must understand"),
    le32("length", 0x04).called("ea_query_length").doc("bytes in the extended attributes, unpacked"),
};

constexpr u64 most_shown = 64 * 1024; // no row is longer
Value shown_size(const Node &value) { return std::min(size_of(value), most_shown); }

constexpr Field raw_fields[] = {
    raw("data", 0, "bytes").doc("for who knows the type; the first 64 KiB if it is longer"),
    view("bytes", shown_size).doc("bytes in data"),
};

constexpr const char *source = "https://flatcap.github.io/linux-ntfs/ntfs/attributes/index.html";

} // namespace

namespace tables {
constexpr Struct standard_information = {"ntfs.standard_information",
                                         "times, flags and owner of a file",
                                         0x48,
                                         standard_rows,
                                         {},
                                         {},
                                         {},
                                         {},
                                         source};
constexpr Struct short_standard_information = {"ntfs.short_standard_information",
                                               "times and flags of a file, as NTFS 1.2 kept them",
                                               0x30,
                                               standard_rows.first(8),
                                               {},
                                               {},
                                               {},
                                               {},
                                               source};
constexpr Struct file_name = {"ntfs.file_name",
                              "one of a file's names, and what a listing shows of it",
                              Num("name_length", 2, 0x42),
                              name_fields,
                              {},
                              {},
                              {},
                              {},
                              source};
constexpr Struct object_id = {
    "ntfs.object_id", "the file's identity for link tracking", 0x40, object_rows, {}, {}, {}, {}, source};
constexpr Struct short_object_id = {"ntfs.short_object_id",
                                    "the file's identity, without where it comes from",
                                    0x10,
                                    object_rows.first(1),
                                    {},
                                    {},
                                    {},
                                    {},
                                    source};
constexpr Struct volume_name = {
    "ntfs.volume_name", "the volume's label", 0, label_fields, {}, {}, {}, {}, source};
constexpr Struct volume_information = {"ntfs.volume_information",
                                       "version and state of the volume",
                                       0x0c,
                                       volume_fields,
                                       {},
                                       {},
                                       {},
                                       {},
                                       source};
constexpr Struct ea_information = {
    "ntfs.ea_information", "sizes of the file's extended attributes", 8, ea_fields, {}, {}, {}, {}, source};
constexpr Struct raw_value = {
    "ntfs.raw_value", "a value that no table here knows", 0, raw_fields, {}, {}, {}, {}, source};

static_assert(sound(standard_information) && sound(short_standard_information) && sound(file_name));
static_assert(sound(object_id) && sound(short_object_id) && sound(volume_name) && sound(volume_information));
static_assert(sound(ea_information) && sound(raw_value));
} // namespace tables

namespace {

/// The structure of a type of attribute; `shorter` where the value is too short for it.
struct ValueTable {
  u64 type;
  const Struct *table;
  const Struct *shorter;
};

constexpr ValueTable value_tables[] = {
    {standard_information_type, &tables::standard_information, &tables::short_standard_information},
    {file_name_type, &tables::file_name, nullptr},
    {object_id_type, &tables::object_id, &tables::short_object_id},
    {security_descriptor_type, &tables::security_descriptor, nullptr},
    {volume_name_type, &tables::volume_name, nullptr},
    {volume_information_type, &tables::volume_information, nullptr},
    {index_root_type, &tables::index_root, nullptr},
    {bitmap_type, &tables::bitmap, nullptr},
    {reparse_point_type, &tables::reparse_point, nullptr},
    {ea_information_type, &tables::ea_information, nullptr},
    {ea_type, &tables::ea_list, nullptr},
    // What these hold is shown by edges of their own: `content`, `attribute_list`, `index_block`.
    {data_type, &tables::content, nullptr},
    {attribute_list_type, &tables::content, nullptr},
    {index_allocation_type, &tables::content, nullptr},
};

const Struct &table_for(const Node &attribute, u64 size) {
  u64 type = number(attribute, "type");
  if (attribute.label == "$LOGGED_UTILITY_STREAM:$EFS") return tables::efs;
  for (const ValueTable &row : value_tables) {
    if (row.type != type) continue;
    bool too_short = row.shorter && size < static_cast<u64>(row.table->size.add);
    return too_short ? *row.shorter : *row.table;
  }
  return tables::raw_value;
}

} // namespace

Node value_node(const Node &parent, const Node &attribute, std::string name) {
  SpacePtr content = content_of(attribute);
  Node value = child(parent, table_for(attribute, content->size()), std::move(name), content, 0);
  if (value.type == &tables::index_root)
    value.given = number_of_entry_type(entry_type(value, name_of(attribute)));
  return value;
}

std::optional<Node> find_value(const Node &attribute, const Key &) {
  if (&table_for(attribute, 0) == &tables::content) return std::nullopt;
  return value_node(attribute, attribute, "value");
}

std::string file_name_text(Node &file_name) {
  try {
    return std::get<std::string>(value_of(file_name, *field_named(tables::file_name, "name")));
  } catch (const Damage &) {
    file_name.notes.push_back("the name leaves its structure");
    return "";
  }
}

} // namespace lab::ntfs
