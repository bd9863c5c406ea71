// SPDX-License-Identifier: GPL-2.0-or-later
//
// Nodes: making children, naming them, and saying where on the disk they are.
#include "schema/struct.h"

#include "base/checked.h"
#include "schema/value.h"

namespace lab {

Node child(const Node &parent, const Struct &type, std::string name, SpacePtr space, u64 at) {
  Node node;
  node.type = &type;
  node.space = std::move(space);
  node.at = at;
  node.name = std::move(name);
  node.parent = std::make_shared<const Node>(parent);
  return node;
}

Node child(const Node &parent, const Struct &type, std::string name, u64 at) {
  return child(parent, type, std::move(name), parent.space, at);
}

std::string keyed(const char *edge, u64 index) { return std::string(edge) + "[" + std::to_string(index) + "]"; }

std::string keyed(const char *edge, std::string_view text) {
  std::string quoted = std::string(edge) + "[\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    // A name from a damaged disk may hold anything; a terminal must not obey it.
    if (static_cast<u8>(c) < 0x20 || c == 0x7f) quoted += "\\x" + hex(Bytes{static_cast<u8>(c)});
    else quoted += c;
  }
  return quoted + "\"]";
}

std::string path_of(const Node &node) {
  if (!node.parent) return node.name;
  std::string above = path_of(*node.parent);
  return above.empty() || above.ends_with("->") ? above + node.name : above + "." + node.name;
}

const Field *field_named(const Struct &type, std::string_view name) {
  for (const Field &field : type.fields)
    if (name == field.name) return &field;
  return nullptr;
}

const Edge *edge_named(const Struct &type, std::string_view name) {
  for (const Edge &edge : type.edges)
    if (name == edge.name) return &edge;
  return nullptr;
}

u64 size_of(const Node &node) {
  u64 left = node.at < node.space->size() ? node.space->size() - node.at : 0;
  const Num &size = node.type->size;
  if (size.constant()) return size.add > 0 ? static_cast<u64>(size.add) : left;
  i64 bytes;
  if (__builtin_mul_overflow(static_cast<i64>(number(node, size.field)), size.mul, &bytes) ||
      __builtin_add_overflow(bytes, size.add, &bytes) || bytes < 0 || static_cast<u64>(bytes) > left)
    damaged(node, 0, std::string(size.field) + " gives a size that leaves the space around it");
  return static_cast<u64>(bytes);
}

u64 disk_offset(const Node &node, u64 at) {
  try {
    std::vector<Extent> extents = node.space->locate(checked_add(node.at, at, "offset"), 1);
    return extents.empty() ? 0 : extents[0].at;
  } catch (const Damage &) {
    return 0; // a place that is nowhere on the disk has no offset to show
  }
}

void damaged(const Node &node, u64 at, const std::string &what) {
  u64 place = disk_offset(node, at);
  throw Damage(path_of(node) + " at " + hex_offset(place) + ": " + what, place);
}

} // namespace lab
