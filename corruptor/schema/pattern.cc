// SPDX-License-Identifier: GPL-2.0-or-later
//
// A path with stars and slices names many places. They are looked for from the left, step by step; a child that
// is damaged is passed by, unless nothing else is found.
#include <algorithm>

#include <fmt/format.h>

#include "schema/path.h"

namespace lab {

namespace {

constexpr size_t most_matches = 65536; ///< more is no answer that anybody reads

bool fits(std::string_view name, std::string_view pattern) {
  size_t star = pattern.find('*');
  if (star == std::string_view::npos) return name == pattern;
  if (name.substr(0, star) != pattern.substr(0, star)) return false;
  for (size_t skip = star; skip <= name.size(); skip++)
    if (fits(name.substr(skip), pattern.substr(star + 1))) return true;
  return false;
}

/// The number in "mft[5]"; none for a text key.
std::optional<u64> number_in(const std::string &name) {
  size_t open = name.rfind('[');
  if (open == std::string::npos || !std::isdigit(static_cast<unsigned char>(name[open + 1]))) return std::nullopt;
  return std::stoull(name.substr(open + 1));
}

class Expansion {
public:
  explicit Expansion(const Path &path) : path(path) {}

  std::vector<Target> run(const Node &root) {
    try {
      expand(root, 0);
    } catch (const Damage &found) { damage = found; }
    if (targets.empty() && damage) throw *damage;
    if (targets.empty()) throw Misuse(fmt::format("'{}' fits nothing on this disk", path.text));
    return std::move(targets);
  }

private:
  void add(Target target) {
    if (targets.size() == most_matches)
      throw Misuse(fmt::format("'{}' fits more than {} places; say which", path.text, most_matches));
    targets.push_back(std::move(target));
  }

  void expand(const Node &node, size_t i) {
    if (i == path.steps.size()) return add({node, nullptr, 0, std::nullopt});
    const Step &step = path.steps[i];
    bool last = i + 1 == path.steps.size();
    if (step.name.find('*') != std::string::npos) return expand_names(node, step, i, last);
    if (const Field *field = field_named(*node.type, step.name)) {
      if (!last) throw Misuse(fmt::format("{}.{} is a field; nothing comes after it in a pattern", path_of(node), step.name));
      return add_field(node, *field, step.key);
    }
    if (step.key.is != Key::slice) return expand(follow(node, step), i + 1);
    each_in_slice(node, step, i);
  }

  void expand_names(const Node &node, const Step &step, size_t i, bool last) {
    for (const Field &field : node.type->fields)
      if (last && fits(field.name, step.name) && !field.reserved && present(node, field)) add_field(node, field, Key{Key::slice, 0, "", ~u64{0}});
    for (const Edge &edge : node.type->edges) {
      if (last || edge.keys[0] || !fits(edge.name, step.name)) continue;
      try_child([&] { expand(follow(node, {edge.name, {}}), i + 1); });
    }
  }

  void add_field(const Node &node, const Field &field, const Key &key) {
    if (!field.array) return add({node, &field, 0, std::nullopt});
    u64 count = element_count(node, field);
    u64 first = key.is == Key::none ? 0 : key.index;
    u64 end = key.is == Key::slice ? key.end : key.is == Key::number ? key.index + 1 : count;
    for (u64 n = first; n < std::min(end, count); n++) add({node, &field, n, std::nullopt});
  }

  void each_in_slice(const Node &node, const Step &step, size_t i) {
    const Edge *edge = edge_named(*node.type, step.name);
    if (!edge) {
      follow(node, step); // says what is wrong
      return;
    }
    if (edge->find && step.key.end != ~u64{0}) {
      for (u64 n = step.key.index; n < step.key.end; n++)
        try_child([&] {
          if (std::optional<Node> found = edge->find(node, {Key::number, n, ""})) expand(*found, i + 1);
        });
      return;
    }
    if (!edge->each) throw Misuse(fmt::format("{}.{} is no list", path_of(node), step.name));
    u64 seen = 0;
    edge->each(node, [&](Node found) {
      u64 n = number_in(found.name).value_or(seen++);
      if (n >= step.key.end) return false;
      if (n >= step.key.index) try_child([&] { expand(found, i + 1); });
      return true;
    });
  }

  template <class Work> void try_child(Work work) {
    try {
      work();
    } catch (const Damage &found) { damage = found; }
  }

  const Path &path;
  std::vector<Target> targets;
  std::optional<Damage> damage;
};

} // namespace

std::vector<Target> resolve_all(const Node &root, const Path &path) {
  if (!path.pattern) return {resolve(root, path)};
  if (path.range) throw Misuse(fmt::format("'{}': a pattern has no '@' range", path.text));
  return Expansion(path).run(root);
}

} // namespace lab
