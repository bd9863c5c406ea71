// SPDX-License-Identifier: GPL-2.0-or-later
//
// Parameters: values that a scenario leaves open, with a default and limits, for -D to choose.
#pragma once

#include <set>

#include "edit/scenario.h"
#include "edit/yaml.h"

namespace lab {

/// The rows of `parameters` (null: the scenario has none) with the values that `definitions` gives.
/// Misuse names the line of a bad default, and the -D option of a bad definition.
std::vector<Parameter> read_parameters(const Yaml *rows, const Definitions &definitions,
                                       const std::string &file);

/// Puts values in for every ${name} in the texts below `node`, and notes the names in `used`.
void put_in(Yaml &node, const std::vector<Parameter> &parameters, std::set<std::string> &used);

} // namespace lab
