// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fields inside a range, before and after.
#include "edit/parts.h"

namespace lab {

namespace {

void collect(const Node &node, const std::vector<Extent> &where, std::vector<PartOf> &parts) {
  for (const Field &field : node.type->fields) {
    if (field.is_view() || field.array || field.reserved || field.alias) continue;
    try {
      Target target{node, &field, 0, std::nullopt};
      if (!present(node, field) || !meet(extents_of(target), where)) continue;
      parts.push_back({target, described(field, value_of(node, field))});
    } catch (const Damage &) {
      // a field that cannot be read has no value to report; its bytes are in the patch all the same
    }
  }
}

} // namespace

bool meet(const std::vector<Extent> &a, const std::vector<Extent> &b) {
  for (const Extent &x : a)
    for (const Extent &y : b)
      if (x.at < y.end() && y.at < x.end()) return true;
  return false;
}

std::string described(const Field &field, const Value &value) {
  std::string name = symbol(field, value);
  return name.empty() ? show(field, value) : show(field, value) + " (" + name + ")";
}

std::vector<PartOf> parts_in(const Node &node, const std::vector<Extent> &where) {
  std::vector<PartOf> parts;
  collect(node, where, parts);
  for (const Edge &edge : node.type->edges) {
    if (!edge.brief || !edge.find || edge.keys[0]) continue;
    try {
      if (std::optional<Node> found = edge.find(node, Key{})) collect(*found, where, parts);
    } catch (const Error &) {
      // no such child here, or no way to it: then none of its fields is known to lie in the range
    }
  }
  return parts;
}

std::vector<Change> changed_parts(const std::vector<PartOf> &parts) {
  std::vector<Change> changes;
  for (const PartOf &part : parts) {
    std::string after;
    try {
      after = described(*part.target.field, value_of(part.target.node, *part.target.field));
    } catch (const Error &error) {
      after = error.what(); // its length or presence hung on a field that is gone now
    }
    if (after != part.before) changes.push_back({path_of(part.target), "so", part.before, after, extents_of(part.target)});
  }
  return changes;
}

} // namespace lab
