// SPDX-License-Identifier: GPL-2.0-or-later
//
// Following a path through a tree of which parts may be damaged. Each step asks one edge for one child,
// so a path to the millionth record reads that record and what leads to it, nothing else.
#include "schema/path.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/checked.h"
#include "schema/pointer.h"

namespace lab {

namespace {

/// A list edge without a `find` of its own is searched; a damaged list may be endless, so not forever.
/// 2^20 exceeds the entries of any directory node or attribute list that Windows writes in one place.
constexpr u64 search_limit = u64{1} << 20;

std::string step_text(const Step &step) {
  switch (step.key.is) {
  case Key::number: return keyed(step.name.c_str(), step.key.index);
  case Key::text: return keyed(step.name.c_str(), step.key.name);
  default: return step.name;
  }
}

std::vector<std::string> names_in(const Struct &type) {
  std::vector<std::string> names;
  for (const Field &field : type.fields) names.push_back(field.name);
  for (const Edge &edge : type.edges) names.push_back(edge.name);
  return names;
}

[[noreturn]] void unknown(const Node &node, const Step &step) {
  std::string where = node.parent ? path_of(node) : "the disk";
  std::string near = nearest(step.name, names_in(*node.type));
  if (!near.empty())
    throw Misuse(fmt::format("{} has nothing named '{}'; nearest: '{}'", where, step.name, near));
  throw Misuse(fmt::format("{} has nothing named '{}'; it has: {}", where, step.name,
                           fmt::join(names_in(*node.type), ", ")));
}

std::optional<Node> search(const Node &node, const Edge &edge, const Step &step) {
  std::vector<Node> found;
  std::string wanted = step_text(step);
  u64 seen = 0;
  edge.each(node, [&](Node candidate) {
    bool fits = step.key.is == Key::text ? candidate.label == step.key.name : candidate.name == wanted;
    if (fits) found.push_back(std::move(candidate));
    return ++seen < search_limit && !(step.key.is != Key::text && !found.empty());
  });
  if (found.size() > 1) {
    std::string all;
    for (const Node &one : found) all += "\n  " + path_of(one);
    throw Misuse(fmt::format("{} is ambiguous; say which:{}", wanted, all));
  }
  if (found.empty()) return std::nullopt;
  return found[0];
}

} // namespace

Node follow(const Node &node, const Step &step) {
  const Edge *edge = edge_named(*node.type, step.name);
  if (!edge) unknown(node, step);
  if (edge->keys[0] == '\0' && step.key.is != Key::none)
    throw Misuse(fmt::format("{}.{} takes no key in brackets", path_of(node), step.name));
  std::optional<Node> found = edge->find ? edge->find(node, step.key) : search(node, *edge, step);
  if (found) return *found;
  if (step.key.is == Key::none && edge->keys[0] != '\0')
    throw Misuse(fmt::format("{}.{} is a list: say which, as {}{}", path_of(node), step.name, step.name, edge->keys));
  throw Misuse(fmt::format("{} has no {}", node.parent ? path_of(node) : "the disk", step_text(step)));
}

static void aim_at_field(Target &target, const Field &field, const Step &step) {
  target.field = &field;
  if (!field.array) {
    if (step.key.is != Key::none) throw Misuse(fmt::format("{} is a single field; it takes no key", step.name));
    return;
  }
  u64 count = element_count(target.node, field);
  if (step.key.is != Key::number)
    throw Misuse(fmt::format("{}.{} is an array of {}: say which, as {}[0]", path_of(target.node), field.name, count,
                             field.name));
  if (step.key.index >= count)
    throw Misuse(fmt::format("{}.{} is past the end: there are {}", path_of(target.node), step_text(step), count));
  target.index = step.key.index;
}

/// Whole structures and ranges are bytes as they lie on the disk, fixups and all.
static std::pair<const Space &, u64> raw_place(const Node &node) {
  if (node.raw) return {*node.raw, node.raw_at};
  return {*node.space, node.at};
}

static Extent whole_or_inside(const Target &target, const Path &path) {
  const auto &[space, at] = raw_place(target.node);
  u64 size = space.size();
  u64 available = size_of(target.node);
  Extent range = *path.range;
  // A range may go on past its structure (4 KiB from a boot sector on), but not past the space around it.
  u64 room = at <= size ? size - at : 0;
  if (path.to_the_end) range.length = range.at < available ? available - range.at : 0;
  if (range.length == 0 || range.at > room || range.length > room - range.at)
    throw Misuse(fmt::format("'{}' leaves {}, which ends at {}", path.text,
                             target.node.parent ? path_of(target.node) : "the disk", hex_offset(room)));
  return range;
}

Target resolve(const Node &root, const Path &path) {
  if (path.pattern)
    throw Misuse(fmt::format("'{}' may name many places; one is needed here", path.text));
  Target target;
  target.node = root;
  for (size_t i = 0; i < path.steps.size(); i++) {
    const Step &step = path.steps[i];
    const Field *field = field_named(*target.node.type, step.name);
    if (!field) {
      target.node = follow(target.node, step);
      continue;
    }
    if (i + 1 < path.steps.size() && !step.arrow)
      throw Misuse(fmt::format("{}.{} is a field; only '->' comes after it", path_of(target.node), step.name));
    aim_at_field(target, *field, step);
    if (!step.arrow) continue;
    target.node = pointed(target);
    target.field = nullptr;
    target.index = 0;
  }
  if (path.range) {
    if (target.field) throw Misuse(fmt::format("'{}': a field has no '@' range; name its structure", path.text));
    target.range = whole_or_inside(target, path);
  }
  return target;
}

std::string path_of(const Target &target) {
  std::string path = path_of(target.node);
  if (target.field) {
    if (!path.empty()) path += ".";
    path += target.field->array ? keyed(target.field->name, target.index) : std::string(target.field->name);
  }
  if (target.range) path += fmt::format("@{}+{}", hex_offset(target.range->at), target.range->length);
  return path;
}

std::vector<Extent> extents_of(const Target &target) {
  if (target.field && target.field->is_view()) return {};
  const auto &[raw, raw_at] = raw_place(target.node);
  const Space &space = target.field ? *target.node.space : raw;
  std::vector<Extent> ranges;
  if (target.field) ranges = ranges_of(target.node, *target.field, target.index);
  else if (target.range) ranges = {{checked_add(raw_at, target.range->at, "offset"), target.range->length}};
  else ranges = {{raw_at, size_of(target.node)}};
  std::vector<Extent> extents;
  for (Extent range : ranges)
    for (Extent extent : space.locate(range.at, range.length)) {
      if (!extents.empty() && extents.back().end() == extent.at) extents.back().length += extent.length;
      else extents.push_back(extent);
    }
  return extents;
}

/// False if there is no such child; one that is damaged is there.
static bool leads_somewhere(const Node &node, const Step &step) {
  try {
    follow(node, step);
  } catch (const Misuse &) {
    return false;
  } catch (const Damage &) {}
  return true;
}

std::vector<Path> copies_of(const Node &root, const Path &path) {
  std::vector<Path> copies;
  Node node = root;
  for (size_t i = 0; i < path.steps.size(); i++) {
    const Step &step = path.steps[i];
    for (const Mirror &mirror : node.type->mirrors) {
      for (auto [from, to] : {std::pair(mirror.edge, mirror.copy), std::pair(mirror.copy, mirror.edge)}) {
        Step here = parse_path(from).steps[0], there = parse_path(to).steps[0];
        if (here.name != step.name) continue;
        if (here.key.is != Key::none && here.key.index != step.key.index) continue;
        if (there.key.is == Key::none) there.key = step.key;
        if (!leads_somewhere(node, there)) continue;
        Path copy = path;
        copy.steps[i] = there;
        copy.text.clear();
        for (const Step &s : copy.steps) copy.text += (copy.text.empty() ? "" : ".") + step_text(s);
        if (path.range) copy.text += path.text.substr(path.text.find_last_of('@'));
        copies.push_back(std::move(copy));
      }
    }
    if (field_named(*node.type, step.name)) break;
    node = follow(node, step);
  }
  return copies;
}

std::string nearest(std::string_view name, const std::vector<std::string> &known) {
  size_t best = name.size() / 3 + 2; // more differences than this is another word, not a slip
  std::string found;
  for (const std::string &candidate : known) {
    std::vector<size_t> row(candidate.size() + 1);
    for (size_t j = 0; j < row.size(); j++) row[j] = j;
    for (size_t i = 1; i <= name.size(); i++) {
      size_t diagonal = row[0];
      row[0] = i;
      for (size_t j = 1; j < row.size(); j++) {
        size_t above = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (name[i - 1] != candidate[j - 1])});
        diagonal = above;
      }
    }
    if (row.back() < best) {
      best = row.back();
      found = candidate;
    }
  }
  return found;
}

} // namespace lab
