// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file with many names, many streams or many runs outgrows its record. It then gets further records,
// and an $ATTRIBUTE_LIST in the first one that tells for each attribute, and for each part of a long
// run list, in which record it stands. An entry finds its attribute by type and instance number.
//
// https://flatcap.github.io/linux-ntfs/ntfs/attributes/attribute_list.html
#include "formats/ntfs/attribute_list.h"

#include "formats/ntfs/attribute.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/stream.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

/// No driver writes or accepts a longer one (ntfs-3g, NTFS of Linux up to 6.8: 0x40000).
constexpr u64 longest_list = 0x40000;

constexpr u64 smallest_entry = 0x1a; // up to and with the instance, which may be followed by the name

constexpr Field fields[] = {
    le32("type", 0x00).called("type").doc("the type of the attribute"),
    le16("length", 0x04).called("length").doc("bytes from here to the next entry"),
    u8_("name_length", 0x06).called("name_length").doc("UTF-16 units in the attribute's name"),
    u8_("name_offset", 0x07).called("name_offset").doc("where the name starts, from the entry's start"),
    le64("lowest_vcn", 0x08).called("lowest_vcn").doc("the first cluster of the stream that this part maps"),
    bits("record", 0x10 * 8, 48)
        .to("record")
        .called("mft_reference")
        .doc("the record that holds the attribute"),
    le16("sequence", 0x16).called("mft_reference").doc("the sequence number of that record"),
    le16("instance", 0x18).called("instance").doc("the instance number of the attribute in that record"),
    utf16("name", "name_offset", Num("name_length", 2)).called("name").doc("the attribute's name"),
};

void each_entry(const Node &record, const Node &list, const Visit &visit) {
  SpacePtr content = content_of(list);
  if (content->size() > longest_list)
    damaged(list, 0, "a list of " + std::to_string(content->size()) + " bytes, expected at most " +
                         std::to_string(longest_list));
  u64 n = 0;
  for (u64 at = 0, end = content->size(); at < end;) {
    Node entry = child(record, tables::attribute_list_entry, keyed("attribute_list", n++), content, at);
    if (end - at < smallest_entry) damaged(entry, 0, "an entry leaves the list");
    if (!visit(entry)) return;
    u64 length = number(entry, "length");
    if (length < smallest_entry || length > end - at)
      damaged(entry, 4,
              "length is " + std::to_string(length) + ", expected " + std::to_string(smallest_entry) +
                  " to " + std::to_string(end - at));
    at += length;
  }
}

} // namespace

namespace tables {
constexpr Struct attribute_list_entry = {
    .name = "ntfs.attribute_list_entry",
    .meaning = "where one attribute of the file, or one part of its run list, stands",
    .size = "length",
    .fields = fields,
    .source = "https://flatcap.github.io/linux-ntfs/ntfs/attributes/attribute_list.html",
};
static_assert(sound(attribute_list_entry));
} // namespace tables

std::optional<Node> own_attribute_list(const Node &record) {
  std::optional<Node> list;
  each_own_attribute(record, [&](Node attribute) {
    u64 type = number(attribute, "type");
    if (type == attribute_list_type) list = std::move(attribute);
    return type < attribute_list_type; // types rise, so a later one ends the search as it does in drivers
  });
  return list;
}

void each_listed_attribute(const Node &record, const Node &list, const Visit &visit) {
  bool go_on = true;
  each_entry(record, list, [&](Node entry) {
    u64 index = number(entry, "record");
    if (index == static_cast<u64>(record.given)) return true;
    each_own_attribute(record_at(record, index), [&](Node attribute) {
      bool is_it = number(attribute, "instance") == number(entry, "instance") &&
                   number(attribute, "type") == number(entry, "type");
      if (!is_it) return true;
      std::string name = attribute.name;
      go_on = visit(renamed(std::move(attribute), record, std::move(name)));
      return false;
    });
    return go_on;
  });
}

void each_list_entry(const Node &record, const Visit &visit) {
  if (std::optional<Node> list = own_attribute_list(record)) each_entry(record, *list, visit);
}

} // namespace lab::ntfs
