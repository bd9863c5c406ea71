// SPDX-License-Identifier: GPL-2.0-or-later
//
// Plans, observations and scenarios for people and programs.
#pragma once

#include "edit/difference.h"
#include "edit/apply.h"
#include "edit/scenario.h"
#include "show/show.h"

namespace lab {

nlohmann::ordered_json to_json(const Plan &plan);
nlohmann::ordered_json to_json(const Observation &observation);
nlohmann::ordered_json to_json(const Scenario &scenario);

/// What changes, in field names.
nlohmann::ordered_json to_json(const Difference &difference);
std::string to_text(const Difference &difference, const Style &style);

std::string changes_text(const Plan &plan, const Style &style);
/// Every patch: offset, length, old bytes, new bytes, reason.
std::string patches_text(const Plan &plan, const Style &style);
std::string conflicts_text(const Observation &observation);
std::string scenario_text(const Scenario &scenario, const Style &style);

} // namespace lab
