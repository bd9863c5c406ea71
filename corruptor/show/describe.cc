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
/// Of two copies so much is compared, in pieces that memory holds.
constexpr u64 most_compared = u64{64} << 20;
constexpr u64 compared_at_once = u64{1} << 20;
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

/// Tables and records are compared byte by byte: which of them differ, and from where on.
void compare_bytes(Shown &shown, const Node &a, const Node &b) {
  u64 size = std::min({size_of(a), size_of(b), most_compared}), differing = 0, first = 0;
  const Space &left = a.raw ? *a.raw : *a.space, &right = b.raw ? *b.raw : *b.space;
  for (u64 at = 0; at < size; at += compared_at_once) {
    u64 length = std::min(compared_at_once, size - at);
    Bytes x = bytes_at(left, (a.raw ? a.raw_at : a.at) + at, length), y = bytes_at(right, (b.raw ? b.raw_at : b.at) + at, length);
    for (u64 i = 0; i < length; i++)
      if (x[i] != y[i] && differing++ == 0) first = at + i;
  }
  if (differing > 0)
    shown.notes.push_back(fmt::format("{} and {} disagree in {} byte{}, first at {} and {}", a.name, b.name, differing,
                                      differing == 1 ? "" : "s", hex_offset(disk_offset(a, first)),
                                      hex_offset(disk_offset(b, first))));
}

void compare_fields(Shown &shown, const Node &a, const Node &b) {
  for (const Field &field : a.type->fields) {
    if (field.is_view() || field.array || field.per_copy || !present(a, field) || !present(b, field)) continue;
    Value left = value_of(a, field), right = value_of(b, field);
    if (left != right)
      shown.notes.push_back(
          fmt::format("{} and {} disagree: {} is {} and {}", a.name, b.name, field.name, show(field, left), show(field, right)));
  }
}

/// Copies that are both readable and differ: the disagreement itself is the finding.
void compare_copies(Shown &shown, const Node &node, const Mirror &mirror) {
  Step first = parse_path(mirror.edge).steps[0], second = parse_path(mirror.copy).steps[0];
  auto compare = [&](const Node &copy) {
    try {
      Node original = follow(node, first);
      if (original.type != copy.type) return;
      bool is_table = std::ranges::all_of(copy.type->fields, [](const Field &f) { return f.array || f.alias || f.is_view(); });
      if (is_table || copy.raw) compare_bytes(shown, original, copy);
      else compare_fields(shown, original, copy);
    } catch (const Error &) {
      // an unreadable copy is shown as damage where it stands
    }
  };
  try {
    const Edge *copies = edge_named(*node.type, second.name);
    if (!copies->keys[0] || second.key.is != Key::none) return compare(follow(node, second));
    if (!copies->each || copies->brief) return; // of what is shown in full each member says it
    u64 count = 0;
    copies->each(node, [&](Node copy) {
      first.key = parse_path(copy.name).steps[0].key;
      compare(copy);
      return ++count < most_children;
    });
  } catch (const Damage &damage) {
    if (second.key.is == Key::none) shown.notes.push_back(damage.what()); // of a list: one has no copy
  } catch (const Error &) {
    // no copy here
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
