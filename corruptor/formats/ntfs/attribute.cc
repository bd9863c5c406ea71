// SPDX-License-Identifier: GPL-2.0-or-later
//
// Attributes follow one another in a record up to an end mark, sorted by type. A small one is resident:
// its value stands in the record. A large one keeps there only a list of runs of clusters, and when the
// list itself outgrows the record, an $ATTRIBUTE_LIST names further records that continue it.
//
// https://flatcap.github.io/linux-ntfs/ntfs/concepts/attribute_header.html
#include "formats/ntfs/attribute.h"

#include <algorithm>

#include "formats/ntfs/attribute_list.h"
#include "formats/ntfs/runs.h"
#include "formats/ntfs/stream.h"
#include "formats/ntfs/tables.h"
#include "formats/ntfs/units.h"
#include "formats/ntfs/values.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 smallest_packed = 0x48;    // that of one with a compressed_size


constexpr Name type_names[] = {
    {standard_information_type, "$STANDARD_INFORMATION"},
    {attribute_list_type, "$ATTRIBUTE_LIST"},
    {file_name_type, "$FILE_NAME"},
    {object_id_type, "$OBJECT_ID"},
    {security_descriptor_type, "$SECURITY_DESCRIPTOR"},
    {volume_name_type, "$VOLUME_NAME"},
    {volume_information_type, "$VOLUME_INFORMATION"},
    {data_type, "$DATA"},
    {index_root_type, "$INDEX_ROOT"},
    {index_allocation_type, "$INDEX_ALLOCATION"},
    {bitmap_type, "$BITMAP"},
    {reparse_point_type, "$REPARSE_POINT"},
    {ea_information_type, "$EA_INFORMATION"},
    {ea_type, "$EA"},
    {0xf0, "$PROPERTY_SET"},
    {logged_utility_stream_type, "$LOGGED_UTILITY_STREAM"},
    {end_mark, "end"},
};

constexpr Name flag_names[] = {{0x0001, "compressed"}, {0x4000, "encrypted"}, {0x8000, "sparse"}};
constexpr Name residence_names[] = {{0, "resident"}, {1, "non_resident"}};

constexpr Field fields[] = {
    le32("type", 0x00)
        .called("type")
        .with(one_of(type_names))
        .doc("what this is; a record has them in rising order"),
    le32("length", 0x04).called("length").doc("bytes from here to the next attribute, a multiple of 8"),
    u8_("non_resident", 0x08)
        .called("non_resident")
        .with(one_of(residence_names))
        .doc("0: the value is in this record; 1: it is in clusters of its own"),
    u8_("name_length", 0x09)
        .called("name_length")
        .doc("UTF-16 units in the name; 0 for an unnamed attribute"),
    le16("name_offset", 0x0a).called("name_offset").doc("where the name starts, from the attribute's start"),
    le16("flags", 0x0c).called("flags").with(flags_of(flag_names)).doc("how the value is stored"),
    flag("compressed", 0x0c, 0).doc("stored in compression units"),
    flag("encrypted", 0x0c, 14).doc("encrypted by EFS"),
    flag("sparse", 0x0c, 15).doc("has holes"),
    le16("instance", 0x0e).called("instance").doc("a number that no other attribute of this record has"),

    le32("value_length", 0x10).called("value_length").if_("non_resident", 0).doc("bytes in the value"),
    le16("value_offset", 0x14)
        .called("value_offset")
        .if_("non_resident", 0)
        .doc("where the value starts, from the attribute's start"),
    u8_("resident_flags", 0x16)
        .called("resident_flags")
        .if_("non_resident", 0)
        .doc("1 if an index holds this value too"),
    reserved("reserved_resident", 0x17, 1).if_("non_resident", 0),

    le64("lowest_vcn", 0x10)
        .called("lowest_vcn")
        .if_("non_resident", 1)
        .doc("the first cluster of the stream that these runs map; above 0 in an extent"),
    sle("highest_vcn", 0x18, 8)
        .called("highest_vcn")
        .if_("non_resident", 1)
        .doc("the last cluster of the stream that these runs map; -1 for an empty stream"),
    le16("runs_offset", 0x20)
        .called("mapping_pairs_offset")
        .if_("non_resident", 1)
        .doc("where the run list starts, from the attribute's start"),
    u8_("compression_unit", 0x22)
        .called("compression_unit")
        .if_("non_resident", 1)
        .doc("the exponent of two of the clusters in a compression unit; 0 if there are none"),
    reserved("reserved_non_resident", 0x23, 5).if_("non_resident", 1),
    le64("allocated_size", 0x28)
        .called("allocated_size")
        .if_("non_resident", 1)
        .doc("bytes in the stream's clusters, holes included"),
    le64("data_size", 0x30)
        .called("data_size")
        .if_("non_resident", 1)
        .doc("bytes in the stream: the file's size"),
    le64("initialized_size", 0x38)
        .called("initialized_size")
        .if_("non_resident", 1)
        .doc("bytes from the start that were written; the stream reads as zero after them"),
    utf16("name", "name_offset", Num("name_length", 2)).called("name").doc("the stream's or index's name"),
    le64("compressed_size", 0x40)
        .called("compressed_size")
        .if_("non_resident", 1)
        .doc("bytes in the clusters that are really allocated"),
};
constexpr std::span<const Field> all_fields = fields;

bool has_compressed_size(const Node &attribute) {
  return !is_resident(attribute) && (number(attribute, "compressed") || number(attribute, "sparse")) &&
         number(attribute, "lowest_vcn") == 0;
}

std::string type_name(u64 type) {
  for (const Name &row : type_names)
    if (row.value == type) return row.name;
  return hex_offset(type);
}

/// "$DATA", or with the name "$DATA:stream"; a name that leaves the attribute becomes a note.
void set_label(Node &attribute) {
  attribute.label = type_name(number(attribute, "type"));
  if (number(attribute, "name_length") == 0) return;
  try {
    attribute.label += ":" + name_of(attribute);
  } catch (const Damage &) {
    attribute.notes.push_back("the name at " + hex_offset(number(attribute, "name_offset")) +
                              " leaves the record");
  }
}

/// The record that an attribute is shown in; its extents are looked for from there.
const Node &record_above(const Node &attribute) {
  const Node *node = attribute.parent.get();
  while (node->type != &tables::record) node = node->parent.get();
  return *node;
}

std::optional<Node> find_content(const Node &attribute, const Key &) {
  Node content = child(attribute, tables::content, "content", content_of(attribute), 0);
  u64 held = content.space->size(), stated = is_resident(attribute) ? held : number(attribute, "data_size");
  if (held < stated)
    content.notes.push_back("data_size is " + std::to_string(stated) + "; the runs hold " +
                            std::to_string(held));
  if (!is_resident(attribute) && number(attribute, "encrypted"))
    content.notes.push_back("encrypted by EFS: these bytes are not those of the file");
  if (unit_clusters(attribute))
    content.notes.push_back("compressed: units that are stored so have no bytes here; see unit[n]");
  return content;
}

void each_continuation(const Node &attribute, const Visit &visit) {
  if (is_resident(attribute)) return;
  u64 n = 0;
  each_extent(attribute, [&](Node extent) {
    bool is_itself = disk_offset(extent) == disk_offset(attribute);
    return is_itself || visit(renamed(std::move(extent), attribute, keyed("extent", n++)));
  });
}

constexpr Edge edges[] = {
    {"run", "[n]", &tables::run, "the runs of clusters that this attribute and its extents list", nullptr,
     each_run_node, true},
    {"unit", "[n]", &tables::unit, "the compression units of a compressed stream", nullptr, each_unit},
    {"extent", "[n]", &tables::attribute, "what continues its run list in other records, by first cluster",
     nullptr, each_continuation},
    {"content", "", &tables::content, "the bytes of the stream, wherever they are", find_content},
    {"value", "", &tables::content, "the value as the structure that its type announces", find_value},
};

} // namespace

const Names attribute_types = one_of(type_names);

namespace tables {
constexpr Struct attribute = {
    .name = "ntfs.attribute",
    .meaning = "one property of a file: its names, its times, its data ...",
    .size = "length",
    .fields = all_fields.first(all_fields.size() - 1),
    .edges = edges,
    .source = "https://flatcap.github.io/linux-ntfs/ntfs/concepts/attribute_header.html",
};
static_assert(sound(attribute));

constexpr Struct packed_attribute = {
    .name = "ntfs.packed_attribute",
    .meaning = "an attribute whose stream is compressed or sparse",
    .size = "length",
    .fields = all_fields,
    .edges = edges,
    .source = "https://flatcap.github.io/linux-ntfs/ntfs/concepts/attribute_header.html",
};
static_assert(sound(packed_attribute));

constexpr Struct content = {
    .name = "ntfs.content",
    .meaning = "the bytes of a stream, from its first to its last; holes read as zero",
    .size = 0,
    .source = "https://flatcap.github.io/linux-ntfs/ntfs/concepts/data_runs.html",
};
static_assert(sound(content));
} // namespace tables

bool is_resident(const Node &attribute) { return number(attribute, "non_resident") == 0; }

std::string name_of(const Node &attribute) {
  return std::get<std::string>(value_of(attribute, *field_named(tables::attribute, "name")));
}

Node renamed(Node node, const Node &parent, std::string name) {
  node.name = std::move(name);
  node.parent = std::make_shared<const Node>(parent);
  return node;
}

void each_own_attribute(const Node &record, const Visit &visit) {
  u64 end = size_of(record), at = number(record, "attributes_offset");
  if (at == 0 && number(record, "usa_count") == 0) return; // a record that was never written
  if (at < smallest_header)
    damaged(record, 0x14, "attributes_offset is " + hex_offset(at) + ", inside the record's header");
  for (u64 n = 0;; n++) {
    if (at > end || end - at < sizeof(u32))
      damaged(record, 0x14, "the attributes reach the record's end without an end mark");
    Node attribute = child(record, tables::attribute, keyed("attribute", n), at);
    attribute.given = record.given;
    if (number(attribute, "type") == end_mark) return;
    if (end - at < smallest_attribute) damaged(record, at, "an attribute leaves the record");
    if (end - at >= smallest_packed && has_compressed_size(attribute))
      attribute.type = &tables::packed_attribute;
    set_label(attribute);
    if (!visit(attribute)) return;
    u64 length = number(attribute, "length");
    if (length < smallest_attribute || length > end - at)
      damaged(attribute, 4,
              "length is " + std::to_string(length) + ", expected " + std::to_string(smallest_attribute) +
                  " to " + std::to_string(end - at));
    at += length;
  }
}

void each_attribute(const Node &record, const Visit &visit) {
  bool go_on = true;
  each_own_attribute(record, [&](Node attribute) { return go_on = visit(std::move(attribute)); });
  if (!go_on) return;
  if (std::optional<Node> list = own_attribute_list(record)) each_listed_attribute(record, *list, visit);
}

std::optional<Node> find_attribute(const Node &record, u32 type, std::string_view name) {
  std::string label = type_name(type) + (name.empty() ? "" : ":" + std::string(name));
  std::optional<Node> found;
  each_attribute(record, [&](Node attribute) {
    bool begins =
        attribute.label == label && (is_resident(attribute) || number(attribute, "lowest_vcn") == 0);
    if (begins) found = std::move(attribute);
    return !found;
  });
  return found;
}

void each_extent(const Node &attribute, const Visit &visit) {
  // The list itself must be found without a list, even one that has a name.
  if (number(attribute, "type") == attribute_list_type || !own_attribute_list(record_above(attribute))) {
    visit(attribute);
    return;
  }
  std::vector<std::pair<u64, Node>> extents;
  each_attribute(record_above(attribute), [&](Node other) {
    if (other.label == attribute.label && !is_resident(other))
      extents.emplace_back(number(other, "lowest_vcn"), std::move(other));
    return true;
  });
  std::stable_sort(extents.begin(), extents.end(),
                   [](const auto &a, const auto &b) { return a.first < b.first; });
  for (auto &[vcn, extent] : extents)
    if (!visit(std::move(extent))) return;
}

} // namespace lab::ntfs
