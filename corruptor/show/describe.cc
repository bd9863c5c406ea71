// SPDX-License-Identifier: GPL-2.0-or-later
//
// The walk that `inspect` is: fields, then children, with every Damage caught where it is thrown and put
// into the tree at that place. Lists are cut at a limit, because a damaged one may have no end.
#include <algorithm>

#include <fmt/format.h>

#include "base/checked.h"
#include "schema/pointer.h"
#include "show/show.h"

namespace lab {

namespace {

/// A person reads at most this many children of one list; `inspect` of the list's elements goes on.
constexpr u64 most_children = 64;
/// Elements of an array that are shown in line.
constexpr u64 most_elements = 16;
/// Structures nest at most this deep on any format; a cycle would go on for ever.
constexpr int deepest = 12;

void describe_field(Shown &shown, const Node &node, const Field &field, u64 index) {
  ShownField result;
  result.field = &field;
  result.index = index;
  try {
    if (!present(node, field, index)) return;
    result.value = value_of(node, field, index);
    if (field.reserved)
      if (const Bytes *bytes = std::get_if<Bytes>(&result.value))
        if (std::all_of(bytes->begin(), bytes->end(), [](u8 byte) { return byte == 0; })) return;
    Target target{node, &field, index, std::nullopt};
    result.extents = extents_of(target);
  } catch (const Damage &damage) {
    result.damage = damage.what();
    result.damage_at = damage.at;
  }
  shown.fields.push_back(std::move(result));
}

void describe_fields(Shown &shown, const Node &node) {
  for (const Field &field : node.type->fields) {
    u64 count = 1;
    try {
      count = std::min(element_count(node, field), most_elements);
    } catch (const Damage &) {
      // describe_field meets the same damage and shows it
    }
    for (u64 i = 0; i < count; i++) describe_field(shown, node, field, i);
  }
}

Shown describe_at(const Node &node, int depth);

Shown damaged_child(const Node &node, const Edge &edge, const Damage &damage) {
  Shown result;
  std::string above = path_of(node);
  result.path = above.empty() ? edge.name : above + "." + edge.name;
  result.type = edge.type;
  result.damage = damage.what();
  result.damage_at = damage.at;
  return result;
}

void describe_edge(Shown &shown, const Node &node, const Edge &edge, int depth) {
  if (!edge.brief || depth >= deepest) {
    shown.edges.push_back({std::string(edge.name) + edge.keys, edge.meaning});
    return;
  }
  try {
    if (edge.each) {
      u64 count = 0;
      edge.each(node, [&](Node found) {
        shown.children.push_back(describe_at(found, depth + 1));
        return ++count < most_children;
      });
      if (count == most_children)
        shown.notes.push_back(fmt::format("{}: the first {} are shown", edge.name, most_children));
    } else if (std::optional<Node> found = edge.find(node, Key{})) {
      shown.children.push_back(describe_at(*found, depth + 1));
    }
  } catch (const Damage &damage) {
    shown.children.push_back(damaged_child(node, edge, damage));
  } catch (const Misuse &misuse) {
    shown.notes.push_back(misuse.what());
  }
}

/// Copies that are both readable and differ: the disagreement itself is the finding.
void compare_copies(Shown &shown, const Node &node, const Mirror &mirror) {
  try {
    Step first = parse_path(mirror.edge).steps[0], second = parse_path(mirror.copy).steps[0];
    const Edge *edge = edge_named(*node.type, first.name);
    if (!edge || (edge->keys[0] && first.key.is == Key::none)) return; // whole lists are for `diff`
    Node a = follow(node, first), b = follow(node, second);
    if (a.type != b.type) return;
    for (const Field &field : a.type->fields) {
      if (field.is_view() || field.array || field.per_copy || !present(a, field) || !present(b, field)) continue;
      Value left = value_of(a, field), right = value_of(b, field);
      if (left != right)
        shown.notes.push_back(fmt::format("{} and {} disagree: {} is {} and {}", mirror.edge, mirror.copy, field.name,
                                          show(field, left), show(field, right)));
    }
  } catch (const Error &) {
    // an unreadable copy is shown as damage where it stands
  }
}

Shown describe_at(const Node &node, int depth) {
  Shown shown;
  shown.path = path_of(node);
  shown.type = node.type;
  shown.notes = node.notes;
  shown.at = disk_offset(node);
  try {
    shown.size = size_of(node);
    describe_fields(shown, node);
  } catch (const Damage &damage) {
    shown.damage = damage.what();
    shown.damage_at = damage.at;
  }
  for (const Mirror &mirror : node.type->mirrors) compare_copies(shown, node, mirror);
  for (const Edge &edge : node.type->edges) describe_edge(shown, node, edge, depth);
  return shown;
}

} // namespace

Shown describe(const Node &node) { return describe_at(node, 0); }

Answer answer(const Target &target) {
  Answer result;
  result.path = path_of(target);
  result.field = target.field;
  result.extents = extents_of(target);
  const Node *volume = &target.node;
  while (volume && volume->type->units.empty()) volume = volume->parent.get();
  if (volume && volume->parent) {
    result.volume = path_of(*volume);
    result.volume_at = disk_offset(*volume);
  }
  if (!target.field) {
    constexpr u64 most_bytes = u64{1} << 20; // what one answer prints at most
    for (const Extent &extent : result.extents) {
      if (result.bytes.size() + extent.length > most_bytes)
        throw Misuse(fmt::format("{} has more than {}; say '@offset+length'", result.path, human_size(most_bytes)));
      const Node *disk = &target.node;
      while (disk->parent) disk = disk->parent.get();
      Bytes bytes = bytes_at(*disk->space, extent.at, extent.length);
      result.bytes.insert(result.bytes.end(), bytes.begin(), bytes.end());
    }
    return result;
  }
  result.value = value_of(target.node, *target.field, target.index);
  try {
    result.points = place_of(target);
  } catch (const Damage &) {
    // a number that leads nowhere is a value all the same; it has just no place to show
  }
  return result;
}

} // namespace lab
