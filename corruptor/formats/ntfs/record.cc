// SPDX-License-Identifier: GPL-2.0-or-later
//
// A FILE record is a file's row in $MFT: a header, then attributes. Records 0 to 15 are the volume's own
// files, first of all $MFT itself. A record's sequence number grows each time it is used for another
// file, so that an old reference to it can be told from a new one.
//
// The fields of the header are read through the fixups. To overwrite or copy a record as it is stored,
// with the words at its strides' ends, aim at its `fixup`.
//
// https://flatcap.github.io/linux-ntfs/ntfs/concepts/file_record.html
#include "formats/ntfs/record.h"

#include "formats/ntfs/attribute.h"
#include "formats/ntfs/attribute_list.h"
#include "formats/ntfs/extended.h"
#include "formats/ntfs/fixup.h"
#include "formats/ntfs/geometry.h"
#include "formats/ntfs/index.h"
#include "formats/ntfs/listed_name.h"
#include "formats/ntfs/secure.h"
#include "formats/ntfs/tables.h"
#include "formats/ntfs/values.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr Name flag_names[] = {{1, "in_use"}, {2, "directory"}, {4, "in_extend"}, {8, "view_index"}};

constexpr Field fields[] = {
    text("magic", 0x00, 4).called("magic").doc("\"FILE\"; a repairer may have written \"BAAD\""),
    le16("usa_offset", 0x04).called("usa_ofs").doc("where the update sequence array starts"),
    le16("usa_count", 0x06).called("usa_count").doc("words in the update sequence array"),
    le64("lsn", 0x08).called("lsn").doc("the journal entry that last changed this record"),
    le16("sequence_number", 0x10)
        .called("sequence_number")
        .doc("how often the record has been used for another file"),
    le16("link_count", 0x12).called("link_count").doc("directory entries that lead here"),
    le16("attributes_offset", 0x14).called("attrs_offset").doc("where the first attribute starts"),
    le16("flags", 0x16).called("flags").with(flags_of(flag_names)).doc("what the record is used for"),
    flag("in_use", 0x16, 0).called("MFT_RECORD_IN_USE").doc("0: the record is free, the file is deleted"),
    flag("directory", 0x16, 1).called("MFT_RECORD_IS_DIRECTORY").doc("has an index of names"),
    flag("in_extend", 0x16, 2).called("MFT_RECORD_IS_4").doc("stands in the directory $Extend"),
    flag("view_index", 0x16, 3)
        .called("MFT_RECORD_IS_VIEW_INDEX")
        .doc("has an index of something other than names"),
    le32("bytes_in_use", 0x18).called("bytes_in_use").doc("bytes up to the end of the attributes"),
    le32("bytes_allocated", 0x1c).called("bytes_allocated").doc("bytes in the record"),
    bits("base_record", 0x20 * 8, 48)
        .to("record")
        .called("base_mft_record")
        .doc("the record that this one continues; 0 for a file's first record"),
    le16("base_sequence", 0x26).called("base_mft_record").doc("the sequence number of base_record"),
    le16("next_instance", 0x28)
        .called("next_attr_instance")
        .doc("the number that the next new attribute gets"),
    reserved("reserved", 0x2a, 2).if_("usa_offset", 0x30),
    le32("record_number", 0x2c)
        .to("record")
        .called("mft_record_number")
        .if_("usa_offset", 0x30)
        .doc("this record's own number; older volumes, whose array starts at 0x2a, do not have it"),
};

std::optional<Node> shortcut(const Node &record, u32 type, const char *edge) {
  std::optional<Node> attribute = find_attribute(record, type, "");
  if (!attribute) return std::nullopt;
  return value_node(record, *attribute, edge);
}

std::optional<Node> standard_information_of(const Node &record, const Key &) {
  return shortcut(record, standard_information_type, "standard_information");
}
std::optional<Node> object_id_of(const Node &record, const Key &) {
  return shortcut(record, object_id_type, "object_id");
}
std::optional<Node> volume_name_of(const Node &record, const Key &) {
  return shortcut(record, volume_name_type, "volume_name");
}
std::optional<Node> volume_information_of(const Node &record, const Key &) {
  return shortcut(record, volume_information_type, "volume_information");
}
std::optional<Node> reparse_point_of(const Node &record, const Key &) {
  return shortcut(record, reparse_point_type, "reparse_point");
}

std::optional<Node> security_descriptor_of(const Node &record, const Key &) {
  return shortcut(record, security_descriptor_type, "security_descriptor");
}
std::optional<Node> ea_information_of(const Node &record, const Key &) {
  return shortcut(record, ea_information_type, "ea_information");
}

void each_file_name(const Node &record, const Visit &visit) {
  u64 n = 0;
  each_attribute(record, [&](Node attribute) {
    if (number(attribute, "type") != file_name_type) return true;
    Node name = value_node(record, attribute, keyed("file_name", n++));
    name.label = file_name_text(name);
    return visit(std::move(name));
  });
}

/// `data` is the file's unnamed stream, `data["name"]` one of its others.
std::optional<Node> data_of(const Node &record, const Key &key) {
  if (key.is == Key::number)
    throw Misuse(path_of(record) + ".data takes a stream's name, or nothing, not a number");
  std::optional<Node> found = find_attribute(record, data_type, key.name);
  std::string name = key.name.empty() ? "data" : keyed("data", key.name);
  if (!found) throw Misuse(path_of(record) + " has no " + name);
  return renamed(std::move(*found), record, name);
}

void each_stream(const Node &record, const Visit &visit) {
  each_attribute(record, [&](Node attribute) {
    bool begins = is_resident(attribute) || number(attribute, "lowest_vcn") == 0;
    if (number(attribute, "type") != data_type || !begins) return true;
    size_t colon = attribute.label.find(':');
    std::string stream = colon == std::string::npos ? "" : attribute.label.substr(colon + 1);
    attribute.label = stream;
    return visit(renamed(std::move(attribute), record, stream.empty() ? "data" : keyed("data", stream)));
  });
}

constexpr Edge edges[] = {
    {"fixup", "", &tables::fixup, "the record as it is stored, with its fixups", fixup_of},
    {"attribute", "[n] or [\"$TYPE\"] or [\"$TYPE:name\"]", &tables::attribute,
     "the attributes in this record", nullptr, each_own_attribute},
    {"standard_information", "", &tables::standard_information, "times, flags and owner",
     standard_information_of, nullptr, true},
    {"attribute_list", "[n]", &tables::attribute_list_entry, "where attributes in other records stand",
     nullptr, each_list_entry},
    {"file_name", "[n] or [\"name\"]", &tables::file_name, "the file's names, each with its directory",
     nullptr, each_file_name, true},
    {"listed_name", "[n] or [\"name\"]", &tables::file_name, "the same names as the directories' indexes have them",
     nullptr, each_listed_name},
    {"object_id", "", &tables::object_id, "the identity that survives renaming", object_id_of},
    {"security_descriptor", "", &tables::security_descriptor,
     "the file's own security descriptor, as up to NTFS 1.2", security_descriptor_of},
    {"shared_descriptor", "", &tables::sds_entry, "the descriptor in $Secure that security_id names",
     descriptor_of_record},
    {"volume_name", "", &tables::volume_name, "the volume's label; in record 3", volume_name_of, nullptr,
     true},
    {"volume_information", "", &tables::volume_information, "version and state of the volume; in record 3",
     volume_information_of, nullptr, true},
    {"data", " or [\"stream\"]", &tables::attribute,
     "the attribute that holds the file's data; with a name, that of another stream", data_of, each_stream,
     true},
    {"reparse_point", "", &tables::reparse_point, "a link, or another driver's business", reparse_point_of,
     nullptr, true},
    {"ea_information", "", &tables::ea_information, "sizes of the extended attributes", ea_information_of,
     nullptr, true},
    {"ea", "[n] or [\"NAME\"]", &tables::ea, "the extended attributes", nullptr, each_ea, true},
    {"efs", "", &tables::efs, "the keys of an encrypted file", find_efs, nullptr, true},
    {"index_root", " or [\"name\"]", &tables::index_root,
     "the root of the index of names; with a name, that of another", find_index_root, each_index_root},
    {"index_block", "[n]", &tables::index_block, "the blocks of the index in the order they are stored",
     find_index_block, each_index_block},
    {"index", "[n] or [\"name\"]", &tables::index_entry,
     "a directory's entries in order, over the root and all blocks", find_index_entry, each_index_entry},
    {"tree", "[\"$I30\"]", &tables::tree, "an index of any kind as a whole, by its name", nullptr, each_tree},
};

constexpr Mirror mirrors[] = {
    {"file_name", "listed_name", "a name and its copy in the directory; only the directory's times and sizes are kept current"},
};

} // namespace

namespace tables {
constexpr Struct record = {
    .name = "ntfs.record",
    .meaning = "a file's row in $MFT: a header and attributes",
    .size = 0,
    .fields = fields,
    .edges = edges,
    .seals = fixup_seals,
    .mirrors = mirrors,
    .source = "https://flatcap.github.io/linux-ntfs/ntfs/concepts/file_record.html",
};
static_assert(sound(record));
} // namespace tables

Node record_node(const Node &volume, const char *edge, u64 index, SpacePtr raw) {
  Node record = block_node(volume, tables::record, keyed(edge, index), std::move(raw));
  record.given = static_cast<i64>(index);
  return record;
}

Node record_at(const Node &inside, u64 index) {
  return record_node(volume_above(inside), "mft", index, stored_record(geometry_of(inside), index));
}

const Node &volume_above(const Node &node) {
  const Node *above = &node;
  while (above->type != &tables::volume) above = above->parent.get();
  return *above;
}

} // namespace lab::ntfs
