// SPDX-License-Identifier: GPL-2.0-or-later
//
// A need is a path that must resolve, or a field that must have a value.
#include "edit/needs.h"

#include <fmt/format.h>

namespace lab {

namespace {

/// Why the need does not hold; empty if it does.
std::string lacking(const Node &root, const Need &need) {
  try {
    Target target = resolve(root, parse_path(need.path.text));
    if (need.value.empty()) return "";
    if (!target.field) throw Misuse(fmt::format("{} is no field, so it has no value", path_of(target)));
    Value found = value_of(target.node, *target.field, target.index);
    u64 width = target.field->is_view() ? 64 : gather(target.node, *target.field, target.index).width;
    if (encode(*target.field, found, width) == encode(*target.field, parse_value(*target.field, need.value.text), width))
      return "";
    return fmt::format("{} is {}, needed: {}", path_of(target), show(*target.field, found), need.value.text);
  } catch (const Error &error) {
    if (error.kind == Kind::io) throw;
    return error.what();
  }
}

const Need *first_unmet(const Node &root, const Scenario &scenario, std::string &why) {
  for (const Need &need : scenario.needs)
    if (why = lacking(root, need); !why.empty()) return &need;
  return nullptr;
}

} // namespace

std::string unmet_need(const Node &root, const Scenario &scenario) {
  std::string why;
  first_unmet(root, scenario, why);
  return why;
}

void check_needs(const Node &root, const Scenario &scenario, bool can_prepare) {
  std::string why;
  const Need *need = first_unmet(root, scenario, why);
  if (!need) return;
  std::string help = can_prepare && !scenario.prepare.empty() ? "; --prepare makes it" : "";
  rethrow_at(scenario.file, need->path,
             Refused(fmt::format("this image lacks what the scenario needs: {}{}{}", why,
                                 need->why.empty() ? "" : " (" + need->why + ")", help)));
}

[[noreturn]] void rethrow_at(const std::string &file, const Marked &mark, const Error &error) {
  std::string place = mark.line ? fmt::format("{}:{}:{}: ", file, mark.line, mark.column) : "";
  if (const Damage *damage = dynamic_cast<const Damage *>(&error)) throw Damage(place + error.what(), damage->at);
  throw Error(error.kind, place + error.what());
}

} // namespace lab
