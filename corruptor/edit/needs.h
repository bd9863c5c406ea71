// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a scenario needs of an image, checked before anything is aimed at: so that the answer to the wrong
// image is what it lacks, and not what went wrong on it.
#pragma once

#include "edit/scenario.h"

namespace lab {

/// The first need that does not hold here, in words; empty if all do.
std::string unmet_need(const Node &root, const Scenario &scenario);

/// Refused "file:line:column: ..." with what is lacking; `can_prepare` adds that --prepare would make it.
void check_needs(const Node &root, const Scenario &scenario, bool can_prepare);

/// The same error, as one at that place of the scenario's file.
[[noreturn]] void rethrow_at(const std::string &file, const Marked &mark, const Error &error);

} // namespace lab
