// SPDX-License-Identifier: GPL-2.0-or-later
//
// A path is followed as a driver does: through the index of each directory, by name. Names are compared
// in any case if none fits exactly, after the volume's own table of upper-case letters ($UpCase).
//
// An index that is damaged may hide a file whose record is whole. Each record knows its names and the
// directories they are in; so if the indexes do not lead to the file, all records are read, and the path
// is followed from name to parent.
#include "formats/ntfs/lookup.h"

#include <map>

#include "device/memory.h"
#include "formats/files.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/geometry.h"
#include "formats/ntfs/index.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/stream.h"
#include "formats/ntfs/tables.h"
#include "formats/ntfs/values.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 root_directory = 5;
constexpr u64 upcase_record = 10;
constexpr u64 upcase_bytes = 65536 * 2;

/// Through the indexes; none if a directory has no such name.
std::optional<Node> descend(const Node &volume, const std::vector<std::string> &names) {
  Node record = record_at(volume, root_directory);
  for (const std::string &name : names) {
    Key key{Key::text, 0, name};
    std::optional<Node> entry = entry_by_descent(record, name);
    if (!entry) entry = find_index_entry(record, key);
    if (!entry) return std::nullopt;
    u64 sequence = number(*entry, "sequence");
    record = record_at(volume, number(*entry, "record"));
    u64 found = number(record, "sequence_number");
    if (sequence != found && sequence != 0)
      record.notes.push_back("the directory entry is for sequence number " + std::to_string(sequence) +
                             "; this record has " + std::to_string(found));
  }
  return record;
}

using Child = std::pair<u64, std::u16string>; // a directory's record, and a name in it

/// What all records in use say about their names, as far as it can be read.
std::multimap<Child, u64> names_of_records(const Node &volume, const UpperCase &upper) {
  std::multimap<Child, u64> names;
  for (u64 n = 0; n < geometry_of(volume).record_count; n++) {
    try {
      Node record = record_at(volume, n);
      if (!number(record, "in_use")) continue;
      each_own_attribute(record, [&](Node attribute) {
        if (number(attribute, "type") != file_name_type) return true;
        Node name = value_node(record, attribute, "file_name");
        u64 base = number(record, "base_record");
        names.emplace(Child{number(name, "parent_record"), upper(file_name_text(name))}, base ? base : n);
        return true;
      });
    } catch (const Damage &) {
      continue; // a record that cannot be read has no name to offer; the others may
    }
  }
  return names;
}

std::optional<Node> climb(const Node &volume, const std::vector<std::string> &names) {
  const UpperCase &upper = upper_case_of(volume);
  std::multimap<Child, u64> known = names_of_records(volume, upper);
  u64 record = root_directory;
  for (const std::string &name : names) {
    auto [first, last] = known.equal_range(Child{record, upper(name)});
    if (first == last) return std::nullopt;
    record = first->second;
  }
  return record_at(volume, record);
}

} // namespace

Node find_file(const Node &volume, const std::string &path) {
  std::vector<std::string> names = components(path);
  std::string trouble = "no directory entry leads here";
  std::optional<Node> found;
  std::optional<u64> damage_at;
  try {
    found = descend(volume, names);
  } catch (const Damage &damage) {
    trouble = damage.what();
    damage_at = damage.at;
  }
  if (!found) {
    found = climb(volume, names);
    if (found) found->notes.push_back("found by the names in the records, for " + trouble);
  }
  std::string missing = path_of(volume) + " has no file " + path + " (" + trouble + ")";
  if (!found && damage_at) throw Damage(missing, *damage_at); // it may be there, in what cannot be read
  if (!found) throw Misuse(missing);
  found->label = path;
  return *found;
}

const UpperCase &upper_case_of(const Node &inside) {
  const Geometry &geometry = geometry_of(inside);
  if (!geometry.upper_case) geometry.upper_case = std::make_shared<const UpperCase>(inside);
  return *geometry.upper_case;
}

UpperCase::UpperCase(const Node &inside) {
  for (u32 unit = 0; unit < 65536; unit++)
    table += static_cast<char16_t>(unit >= 'a' && unit <= 'z' ? unit - 'a' + 'A' : unit);
  try {
    std::optional<Node> data = find_attribute(record_at(inside, upcase_record), data_type, "");
    if (!data) return;
    SpacePtr content = content_of(*data);
    Bytes bytes = bytes_at(*content, 0, std::min(content->size(), upcase_bytes));
    for (size_t i = 0; i + 1 < bytes.size(); i += 2)
      table[i / 2] = static_cast<char16_t>(bytes[i] | bytes[i + 1] << 8);
  } catch (const Damage &) {
    return; // ASCII is what is left
  }
}

std::u16string UpperCase::operator()(std::string_view name) const {
  Bytes units = utf16le(name);
  std::u16string result;
  for (size_t i = 0; i + 1 < units.size(); i += 2) result += table[units[i] | units[i + 1] << 8];
  return result;
}

} // namespace lab::ntfs
