// SPDX-License-Identifier: GPL-2.0-or-later
//
// The ways are those of xfs_db's fuzz command. Computed fields are left out, since they change what others hold; so are
// rows of bits that another row has, elements of arrays but the first, and rows that no tool is known to look at, unless
// the pattern names them.
#include "edit/sweep.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "schema/value.h"

namespace lab {

namespace {

struct Way {
  const char *name;
  const char *verb;
  const char *argument; ///< none: the verb takes none
  i64 value;            ///< negative: counted from the field's end
};

constexpr Way ways[] = {
    {"zero", "zero", nullptr, 0},    {"ones", "ones", nullptr, 0}, {"lowbit", "flip", "bit", 0},
    {"highbit", "flip", "bit", -1},  {"add", "add", "by", 1},      {"sub", "sub", "by", 1},
    {"random", "random", nullptr, 0},
};

bool is_for(const Target &target, bool named) {
  const Field &field = *target.field;
  return !field.is_view() && (named || (!field.alias && !field.unchecked && target.index == 0));
}

/// The fields that the sweep changes.
std::vector<Target> places(const Node &root, const Sweep &sweep) {
  Path path = parse_path(sweep.fields.text);
  std::vector<Target> found = resolve_all(root, path);
  bool named = !path.steps.empty() && path.steps.back().name != "*";
  for (const Target &target : found)
    if (!target.field) throw Misuse(fmt::format("{} is no field; a sweep needs fields, as {}.*", path_of(target), path_of(target)));
  std::erase_if(found, [&](const Target &target) { return !is_for(target, named); });
  return found;
}

EditRequest edit_of(const Target &target, const Way &way, u64 width) {
  EditRequest edit;
  edit.verb.text = way.verb;
  edit.path.text = path_of(target);
  if (way.argument) edit.arguments[way.argument].text = std::to_string(way.value < 0 ? width - 1 : static_cast<u64>(way.value));
  return edit;
}

/// Whether all bits are this already, so that the way would change nothing.
bool is_all(const Bits &bits, bool set) {
  u64 ones = 0;
  for (u8 byte : bits.bytes) ones += static_cast<u64>(std::popcount(byte));
  return ones == (set ? bits.width : 0);
}

void each_way(const Node &root, const Sweep &sweep, const std::function<void(const Target &, const Way &, const Bits &)> &visit) {
  for (const Target &target : places(root, sweep)) {
    Bits old = gather(target.node, *target.field, target.index);
    for (const Way &way : ways) {
      bool wanted = sweep.verbs.empty() || std::ranges::find(sweep.verbs, way.name) != sweep.verbs.end();
      std::string_view verb = way.verb;
      bool lands = old.width > 0 && !(verb == "zero" && is_all(old, false)) && !(verb == "ones" && is_all(old, true));
      if (wanted && lands) visit(target, way, old);
    }
  }
}

std::string name_of(const Target &target, const Way &way) { return path_of(target) + ":" + way.name; }

} // namespace

std::vector<std::string> sweep_verbs() {
  std::vector<std::string> names;
  for (const Way &way : ways) names.push_back(way.name);
  return names;
}

std::vector<std::string> variants_on(const Node &root, const Scenario &scenario) {
  std::vector<std::string> names;
  for (const Variant &variant : scenario.variants) names.push_back(variant.name);
  if (scenario.sweep)
    each_way(root, *scenario.sweep, [&](const Target &target, const Way &way, const Bits &) { names.push_back(name_of(target, way)); });
  return names;
}

Scenario chosen_from(const Node &root, const Scenario &scenario) {
  if (!scenario.sweep) return scenario;
  Scenario one = scenario;
  each_way(root, *scenario.sweep, [&](const Target &target, const Way &way, const Bits &old) {
    if (name_of(target, way) == scenario.variant) one.edits = {edit_of(target, way, old.width)};
  });
  if (!one.edits.empty()) return one;
  std::vector<std::string> all = variants_on(root, scenario);
  std::string near = nearest(scenario.variant, all);
  throw Misuse(fmt::format("{} is a sweep: {} changes of {} on this disk, listed by `corruptor variants`; {}", scenario.name,
                           all.size(), scenario.sweep->fields.text,
                           scenario.variant.empty() ? "choose one with --variant"
                           : near.empty()           ? fmt::format("none is called {}", scenario.variant)
                                                    : fmt::format("did you mean --variant {}?", near)));
}

} // namespace lab
