// SPDX-License-Identifier: GPL-2.0-or-later
//
// The root of an index is a value in its record, the other nodes are blocks of a stream, protected by
// fixups as records are. Both hold the same header and after it entries, each with a key, up to an
// entry that is marked as the last and has none.
//
// https://flatcap.github.io/linux-ntfs/ntfs/concepts/index_record.html
#include "formats/ntfs/index_node.h"

#include "base/checked.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/entry_rows.h"
#include "formats/ntfs/fixup.h"
#include "formats/ntfs/names.h"
#include "formats/ntfs/tables.h"
#include "formats/ntfs/values.h"
#include "formats/ntfs/view_index.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr i64 key_at = index_key_at;
constexpr u64 smallest_entry = key_at;        // an end mark that leads nowhere
constexpr u64 smallest_named = key_at + 0x42; // with a $FILE_NAME of no letters

constexpr Name node_flags[] = {{1, "has_children"}};

// The header that root and block share, `at` bytes from their start.
constexpr Field entries_offset(i64 at) {
  return le32("entries_offset", at)
      .called("entries_offset")
      .doc("where the first entry starts, from this field");
}
constexpr Field entries_end(i64 at) {
  return le32("entries_end", at + 4).called("index_length").doc("where the entries end, from entries_offset");
}
constexpr Field entries_allocated(i64 at) {
  return le32("entries_allocated", at + 8)
      .called("allocated_size")
      .doc("where the room for entries ends, from entries_offset");
}
constexpr Field flags(i64 at) {
  return u8_("flags", at + 12)
      .called("flags")
      .with(flags_of(node_flags))
      .doc("1: entries lead to further blocks");
}
constexpr Field padding(i64 at) { return reserved("padding", at + 13, 3); }

constexpr i64 root_header = 0x10;
constexpr Field root_fields[] = {
    le32("indexed_type", 0x00).called("type").doc("the type of attribute that is indexed; 0 for a view"),
    le32("collation", 0x04).called("collation_rule").with(one_of(collations)).doc("how keys are compared"),
    le32("index_block_size", 0x08).called("index_block_size").doc("bytes in a block of this index"),
    sle("block_clusters", 0x0c, 1)
        .called("clusters_per_index_block")
        .doc("the same in clusters, or in sectors where clusters are larger"),
    reserved("reserved", 0x0d, 3),
    entries_offset(root_header),
    entries_end(root_header),
    entries_allocated(root_header),
    flags(root_header),
    padding(root_header),
};

constexpr i64 block_header = 0x18;
constexpr Field block_fields[] = {
    text("magic", 0x00, 4).called("magic").doc("\"INDX\""),
    le16("usa_offset", 0x04).called("usa_ofs").doc("where the update sequence array starts"),
    le16("usa_count", 0x06).called("usa_count").doc("words in the update sequence array"),
    le64("lsn", 0x08).called("lsn").doc("the journal entry that last changed this block"),
    le64("vcn", 0x10)
        .called("index_block_vcn")
        .doc("where this block is in its stream, in the unit that entries use"),
    entries_offset(block_header),
    entries_end(block_header),
    entries_allocated(block_header),
    flags(block_header),
    padding(block_header),
};

constexpr Field name_entry_fields[] = {
    bits("record", 0, 48)
        .to("record")
        .called("indexed_file")
        .doc("the record of the file that has this name"),
    le16("sequence", 0x06).called("indexed_file").doc("the sequence number of that record"),
    entry_rows::length,
    entry_rows::key_length,
    entry_rows::flags,
    entry_rows::has_child,
    entry_rows::last,
    entry_rows::padding,
    entry_rows::child_vcn,
};

std::optional<Node> name_in(const Node &entry, const Key &) {
  if (entry.type != &tables::index_entry || number(entry, "last")) return std::nullopt;
  return child(entry, tables::file_name, "file_name", checked_add(entry.at, key_at, "the key's offset"));
}

constexpr Edge name_entry_edges[] = {
    {"file_name", "", &tables::file_name, "the key: the index's copy of the file's $FILE_NAME", name_in},
};
constexpr Edge root_edges[] = {
    {"entry", "[n] or [\"name\"]", &tables::index_entry, "the entries of this node, its end mark included",
     nullptr, each_entry},
};
constexpr Edge block_edges[] = {
    {"fixup", "", &tables::fixup, "the block as it is stored, with its fixups", fixup_of},
    {"entry", "[n] or [\"name\"]", &tables::index_entry, "the entries of this node, its end mark included",
     nullptr, each_entry},
};

constexpr const char *source = "https://flatcap.github.io/linux-ntfs/ntfs/concepts/index_record.html";

} // namespace

namespace tables {
constexpr Struct index_root = {"ntfs.index_root",
                               "the top of an index, in its record",
                               0x20,
                               root_fields,
                               root_edges,
                               {},
                               {},
                               {},
                               source};
constexpr Struct index_block = {
    "ntfs.index_block", "a lower node of an index", 0, block_fields, block_edges, fixup_seals, {}, {}, source};
constexpr Struct index_entry = {"ntfs.index_entry",
                                "a name in a directory",
                                "length",
                                name_entry_fields,
                                name_entry_edges,
                                {},
                                {},
                                {},
                                source};
static_assert(sound(index_root) && sound(index_block) && sound(index_entry));
} // namespace tables

Node root_node(const Node &record, const Node &attribute, std::string name) {
  Node root = value_node(record, attribute, std::move(name));
  root.label = name_of(attribute);
  return root;
}

Node index_block_node(const Node &parent, const Node &root, std::string name, SpacePtr raw) {
  Node block = block_node(parent, tables::index_block, std::move(name), std::move(raw));
  block.given = root.given;
  return block;
}

void each_entry(const Node &node, const Visit &visit) {
  const Struct &type = entry_type_of(node);
  i64 header = node.type == &tables::index_root ? root_header : block_header;
  u64 at = checked_add(number(node, "entries_offset"), header, "entries_offset");
  u64 end = checked_add(number(node, "entries_end"), header, "entries_end");
  if (end > node.space->size())
    damaged(node, header + 4,
            "entries_end is " + std::to_string(end - header) + ", past the end at " +
                std::to_string(node.space->size() - header));
  for (u64 n = 0;; n++) {
    if (at > end || end - at < smallest_entry) damaged(node, header, "the entries end without an end mark");
    Node entry = child(node, type, keyed("entry", n), at);
    if (std::optional<Node> name = name_in(entry, Key{}); name && end - at >= smallest_named) {
      entry.label = file_name_text(*name);
      entry.notes = name->notes;
    }
    bool is_last = number(entry, "last");
    if (!visit(entry) || is_last) return;
    u64 length = number(entry, "length");
    if (length < smallest_entry || length > end - at)
      damaged(entry, 8,
              "length is " + std::to_string(length) + ", expected " + std::to_string(smallest_entry) +
                  " to " + std::to_string(end - at));
    at += length;
  }
}

} // namespace lab::ntfs
