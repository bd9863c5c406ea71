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
#include "formats/ntfs/stored_records.h"
#include "formats/ntfs/stream.h"
#include "formats/ntfs/tables.h"
#include "formats/ntfs/values.h"
#include "schema/fixed.h"
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

const Fixed type(tables::attribute, "type"), non_resident(tables::attribute, "non_resident");
const Fixed value_length(tables::attribute, "value_length"), value_offset(tables::attribute, "value_offset");
const Fixed parent_record(tables::file_name, "parent_record"), name_length(tables::file_name, "name_length");

/// The $FILE_NAME in a resident attribute and its name's UTF-16 units; empty if it is none, or leaves its structure.
struct StoredName {
  explicit StoredName(std::span<const u8> attribute) {
    constexpr u64 before_name = 0x42;
    if (type(attribute.data()) != file_name_type || non_resident(attribute.data())) return;
    u64 at = value_offset(attribute.data()), size = value_length(attribute.data());
    if (at > attribute.size() || size > attribute.size() - at || size < before_name) return;
    std::span<const u8> value = attribute.subspan(at, size);
    parent = parent_record(value.data());
    u64 length = 2 * name_length(value.data());
    if (length <= size - before_name) units = value.subspan(before_name, length);
  }
  u64 parent = 0;
  std::span<const u8> units;
};

using Child = std::pair<u64, std::u16string>; // a directory's record, and a name in it

/// Which files have one of these names, as far as their records can be read.
std::multimap<Child, u64> files_called(const Node &volume, const std::vector<std::u16string> &wanted, const UpperCase &upper) {
  std::multimap<Child, u64> files;
  each_stored_attribute(geometry_of(volume), [&](const StoredAttribute &attribute) {
    StoredName name(attribute.bytes);
    for (const std::u16string &one : wanted)
      if (name.units.size() == 2 * one.size() && upper(name.units) == one)
        return void(files.emplace(Child{name.parent, one}, attribute.file));
  });
  return files;
}

std::optional<Node> climb(const Node &volume, const std::vector<std::string> &names) {
  const UpperCase &upper = upper_case_of(volume);
  std::vector<std::u16string> wanted;
  for (const std::string &name : names) wanted.push_back(upper(name));
  std::multimap<Child, u64> known = files_called(volume, wanted, upper);
  u64 record = root_directory;
  for (const std::u16string &name : wanted) {
    auto [first, last] = known.equal_range(Child{record, name});
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

std::u16string UpperCase::operator()(std::string_view name) const { return (*this)(utf16le(name)); }

std::u16string UpperCase::operator()(std::span<const u8> units) const {
  std::u16string result;
  for (size_t i = 0; i + 1 < units.size(); i += 2) result += table[units[i] | units[i + 1] << 8];
  return result;
}

} // namespace lab::ntfs
