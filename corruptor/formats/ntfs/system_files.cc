// SPDX-License-Identifier: GPL-2.0-or-later
//
// The smaller system files. $AttrDef lists the types of attributes that a volume may have; drivers know them
// by heart and check at most that it is there. $UpCase's stream $Info says which Windows made the table of
// letters. $BadClus has a stream as long as the volume, a hole but for the clusters that are bad.
// /hiberfil.sys is no system file of NTFS, but while it holds a sleeping Windows, no other system may write
// to the volume.
//
// https://flatcap.github.io/linux-ntfs/ntfs/files/index.html
#include "formats/ntfs/system_files.h"

#include "base/sums.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/geometry.h"
#include "formats/ntfs/index.h"
#include "formats/ntfs/lookup.h"
#include "formats/ntfs/names.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/stream.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 attrdef_record = 4;
constexpr u64 badclus_record = 8;
constexpr u64 upcase_record = 10;
constexpr u64 upcase_bytes = 65536 * 2;

constexpr Name definition_flags[] = {
    {0x02, "indexable"},    {0x04, "multiple"}, {0x08, "not_zero"},   {0x10, "indexed_unique"},
    {0x20, "named_unique"}, {0x40, "resident"}, {0x80, "always_log"},
};
constexpr Field definition_fields[] = {
    utf16("label", 0x00, 0x80).called("name").doc("the type's name"),
    le32("type", 0x80).called("type").in_hex().doc("its number, by which records are sorted"),
    le32("display_rule", 0x84).called("display_rule").doc("always 0").not_checked(),
    le32("collation", 0x88)
        .called("collation_rule")
        .with(one_of(collations))
        .doc("how an index of such values compares them"),
    le32("flags", 0x8c).called("flags").with(flags_of(definition_flags)).doc("where and how often it may be"),
    sle("minimum_size", 0x90, 8).called("min_size").doc("bytes in the smallest value"),
    sle("maximum_size", 0x98, 8).called("max_size").doc("bytes in the largest value; -1: any"),
};

constexpr Field upcase_fields[] = {
    le32("length", 0x00).called("len").doc("bytes in this structure"),
    reserved("filler", 0x04, 4),
    le64("crc64", 0x08).called("crc").in_hex().doc("the sum of $UpCase"),
    le32("major_version", 0x10).called("osmajor").doc("of the Windows that made the table; 0 from mkntfs"),
    le32("minor_version", 0x14).called("osminor").doc("of that Windows"),
    le32("build", 0x18).called("build").doc("of that Windows"),
    le16("major_service_pack", 0x1c).called("packmajor").doc("of that Windows"),
    le16("minor_service_pack", 0x1e).called("packminor").doc("of that Windows"),
};

// Numbers that are four letters, the first one lowest.
constexpr Name hibernation_signatures[] = {
    {0x72626968, "hibr"}, {0x52424948, "HIBR"}, {0x656b6177, "wake"},
    {0x454b4157, "WAKE"}, {0x72747372, "rstr"}, {0x52545352, "RSTR"},
    {0x6b6e696c, "link"}, {0x4b4e494c, "LINK"}, {0, "none"},
};
constexpr Field hiberfile_fields[] = {
    le32("signature", 0x00)
        .called("Signature")
        .with(one_of(hibernation_signatures))
        .in_hex()
        .doc("hibr: Windows sleeps in here; wake: it woke up"),
    le32("version", 0x04).called("Version").doc("of this header, or the kind of image since Windows 8"),
    le32("checksum", 0x08).called("CheckSum").in_hex().doc("of the header"),
    le32("header_length", 0x0c).called("LengthSelf").doc("bytes in the header"),
    raw("page_numbers", 0x10, 0x10)
        .called("PageSelf, PageSize")
        .doc("where the header was in memory, and the size of a page; 32 and 64 bits differ"),
    filetime("system_time", 0x20).called("SystemTime").doc("when the image was written"),
    le64("interrupt_time", 0x28)
        .called("InterruptTime")
        .doc("for how long Windows had run, in units of 100 ns"),
};

std::optional<Node> stream_in(const Node &record, std::string_view name) {
  return find_attribute(record, data_type, name);
}

/// A file that every volume since Windows 2000 has, so that one without it is damaged.
Node system_file(const Node &volume, const char *path) {
  try {
    return find_file(volume, path);
  } catch (const Misuse &missing) { throw Damage(missing.what(), disk_offset(volume)); }
}

void each_in_index(const Node &volume, const char *path, const char *index, const char *edge,
                   const Visit &visit) {
  each_tree(system_file(volume, path), [&](Node tree) {
    if (tree.label != index) return true;
    u64 n = 0;
    each_index_entry(tree,
                     [&](Node entry) { return visit(renamed(std::move(entry), volume, keyed(edge, n++))); });
    return false;
  });
}

} // namespace

namespace tables {
constexpr Struct attribute_definition = {
    .name = "ntfs.attribute_definition",
    .meaning = "a type of attributes that files may have",
    .size = 0xa0,
    .fields = definition_fields,
    .source = "https://flatcap.github.io/linux-ntfs/ntfs/files/attrdef.html",
};
constexpr Struct upcase_information = {
    .name = "ntfs.upcase_information",
    .meaning = "which Windows made the table of upper-case letters",
    .size = 0x20,
    .fields = upcase_fields,
    .source = "https://github.com/tuxera/ntfs-3g/blob/edge/ntfsprogs/mkntfs.c",
};
constexpr Struct hiberfile = {
    .name = "ntfs.hiberfile",
    .meaning = "the header of a hibernation file",
    .size = 0x30,
    .fields = hiberfile_fields,
    .source = "https://github.com/volatilityfoundation/volatility/wiki/Hiber-Address-Space",
};
static_assert(sound(attribute_definition) && sound(upcase_information) && sound(hiberfile));
} // namespace tables

void each_attribute_definition(const Node &volume, const Visit &visit) {
  Node record = record_at(volume, attrdef_record);
  std::optional<Node> data = stream_in(record, "");
  if (!data) damaged(record, 0, "has no stream that holds attrdef");
  SpacePtr content = content_of(*data);
  u64 step = static_cast<u64>(tables::attribute_definition.size.add);
  u64 size = std::min(content->size(), geometry_of(volume).volume->size()); // what is stated may be anything
  for (u64 n = 0; n < size / step; n++) {
    Node definition = child(volume, tables::attribute_definition, keyed("attrdef", n), content, n * step);
    if (number(definition, "type") == 0) return; // the end mark
    definition.label =
        std::get<std::string>(value_of(definition, *field_named(tables::attribute_definition, "label")));
    if (!visit(definition)) return;
  }
}

std::optional<Node> find_upcase_information(const Node &volume, const Key &) {
  Node record = record_at(volume, upcase_record);
  std::optional<Node> stream = stream_in(record, "$Info"), table = stream_in(record, "");
  if (!stream) return std::nullopt;
  Node information = child(volume, tables::upcase_information, "upcase_info", content_of(*stream), 0);
  if (!table) return information;
  SpacePtr content = content_of(*table);
  u64 sum = crc64(bytes_at(*content, 0, std::min(content->size(), upcase_bytes)));
  if (sum != number(information, "crc64"))
    information.notes.push_back("the sum of $UpCase is " + hex_offset(sum));
  return information;
}

std::optional<Node> find_bad_clusters(const Node &volume, const Key &) {
  Node record = record_at(volume, badclus_record);
  std::optional<Node> stream = stream_in(record, "$Bad");
  if (!stream) damaged(record, 0, "has no stream $Bad");
  return renamed(std::move(*stream), record, keyed("data", "$Bad"));
}

std::optional<Node> find_hiberfile(const Node &volume, const Key &) {
  Node record = find_file(volume, "/hiberfil.sys");
  std::optional<Node> data = stream_in(record, "");
  if (!data) damaged(record, 0, "has no data");
  return child(volume, tables::hiberfile, "hiberfile", content_of(*data), 0);
}

void each_object_id(const Node &volume, const Visit &visit) {
  each_in_index(volume, "/$Extend/$ObjId", "$O", "object_ids", visit);
}
void each_quota_owner(const Node &volume, const Visit &visit) {
  each_in_index(volume, "/$Extend/$Quota", "$O", "quota_owners", visit);
}
void each_quota(const Node &volume, const Visit &visit) {
  each_in_index(volume, "/$Extend/$Quota", "$Q", "quotas", visit);
}
void each_reparse_point(const Node &volume, const Visit &visit) {
  each_in_index(volume, "/$Extend/$Reparse", "$R", "reparse_points", visit);
}

} // namespace lab::ntfs
