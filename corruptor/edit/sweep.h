// SPDX-License-Identifier: GPL-2.0-or-later
//
// A sweep is every field that a pattern fits, changed in every way: one variant for each, found on the image at hand.
#pragma once

#include "edit/scenario.h"

namespace lab {

/// The names of the ways in which a sweep changes a field: zero, ones, lowbit, highbit, add, sub, random.
std::vector<std::string> sweep_verbs();

/// What there is to run on this disk: of a sweep "PATH:VERB" for each field and verb that changes it; else the
/// scenario's own variants.
std::vector<std::string> variants_on(const Node &root, const Scenario &scenario);

/// The scenario that the chosen variant of a sweep is; any other scenario as it is. Misuse if none or an unknown one
/// was chosen.
Scenario chosen_from(const Node &root, const Scenario &scenario);

} // namespace lab
