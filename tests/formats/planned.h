// SPDX-License-Identifier: GPL-2.0-or-later
//
// Edits as a scenario has them, planned with their sums and carried out on a test's image.
#pragma once

#include <map>

#include "edit/planner.h"
#include "images.h"

namespace lab::test {

/// `edits` is the list in YAML.
inline Plan change(RawImage &disk, const std::string &edits) {
  Scenario scenario = parse_scenario("title: t\nedits:\n" + edits, "test", {});
  SpacePtr space(&disk, [](const Space *) {});
  Surroundings surroundings;
  surroundings.root = [](SpacePtr view) { return open_disk(std::move(view)); };
  Plan plan = make_plan(space, scenario, 1, surroundings);
  for (const Patch &patch : plan.patches) disk.write(patch.at, bytes_at(*patch.after, 0, patch.length));
  return plan;
}

/// The verbs of a plan's changes, by the field they change.
inline std::map<std::string, std::string> verbs(const Plan &plan) {
  std::map<std::string, std::string> found;
  for (const Change &change : plan.changes) found[change.path] = change.verb;
  return found;
}

} // namespace lab::test
