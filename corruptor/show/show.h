// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is shown of a disk, before it becomes text or JSON: a tree of structures with their fields, and
// damage in the place where it was met. Making the tree never fails on a damaged image.
#pragma once

#include <nlohmann/json.hpp>

#include "schema/census.h"
#include "schema/whose.h"

namespace lab {

struct ShownField {
  const Field *field = nullptr;
  u64 index = 0;
  Value value;
  std::vector<Extent> extents; ///< none for a view
  std::string damage;          ///< instead of a value
  u64 damage_at = 0;
};

/// A list edge, or a child that `inspect` of the parent does not open: how to go on from here.
struct ShownEdge {
  std::string name; ///< "mft[n]"
  std::string meaning;
};

struct Shown {
  std::string path;
  const Struct *type = nullptr;
  u64 at = 0; ///< on the disk
  u64 size = 0;
  std::vector<std::string> notes; ///< damage that did not prevent reading, copies that disagree
  std::vector<ShownField> fields;
  std::vector<Shown> children;
  std::vector<ShownEdge> edges;
  std::string damage; ///< this structure could not be reached at all
  u64 damage_at = 0;
};

/// The node with its fields, brief children in full, other edges by name.
Shown describe(const Node &node);

/// One field as `get` answers it.
struct Answer {
  std::string path;
  const Field *field = nullptr;
  Value value;
  std::vector<Extent> extents;
  std::string volume;            ///< the path of the volume around it, or empty
  u64 volume_at = 0;             ///< where that volume begins on the disk
  std::optional<Place> points;   ///< where a number with a unit leads: offset in the volume
  Bytes bytes;                   ///< of a range or structure, when there is no field
};
Answer answer(const Target &target);

/// Colours only where a terminal will show them.
struct Style {
  bool colour = false;
  std::string dim(const std::string &text) const;
  std::string bold(const std::string &text) const;
  std::string red(const std::string &text) const;
  std::string green(const std::string &text) const;
};

/// What `inspect` answers: the structures and the fields that a path fits, or who holds some bytes.
struct Inspected {
  std::vector<Shown> structures;
  std::vector<Answer> fields;
  std::vector<Located> bytes;
  bool single = false; ///< a plain path to a structure: one, not a list of one
};

nlohmann::ordered_json to_json(const Inspected &inspected);
std::string to_text(const Inspected &inspected, const Style &style);

nlohmann::ordered_json to_json(const Shown &shown);
nlohmann::ordered_json to_json(const Answer &answer);
nlohmann::ordered_json value_json(const Value &value);

/// Every row of every structure that can be reached from `root`, without an image.
nlohmann::ordered_json fields_json(const Struct &root, const std::string &pattern);
/// The same as Markdown, a table for each structure.
std::string field_reference(const Struct &root);

std::string to_text(const Shown &shown, const Style &style);
std::string to_text(const Finding &finding, const Style &style);
nlohmann::ordered_json to_json(const Finding &finding);
std::string where_text(const Answer &answer);
/// The bytes of a range, with their offsets on the disk.
std::string hexdump(const Answer &answer);

} // namespace lab
