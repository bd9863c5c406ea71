// SPDX-License-Identifier: GPL-2.0-or-later
//
// Parameters: values that a scenario leaves open, with a default and limits, for -D to choose.
#pragma once

#include <set>

#include "edit/scenario.h"
#include "edit/yaml.h"

namespace lab {

/// The rows of `parameters` (null: the scenario has none) with their defaults. Misuse names the line of a bad one.
std::vector<Parameter> read_parameters(const Yaml *rows);

/// The rows of `variants` (null: none). Misuse names the line of a value that its parameter does not take.
std::vector<Variant> read_variants(const Yaml *rows, const std::vector<Parameter> &parameters);

/// Gives the parameters the values that the user chose. Misuse names the option that is wrong.
void choose(std::vector<Parameter> &parameters, const std::vector<Variant> &variants, const Choice &choice,
            const std::string &file);

/// Puts values in for every ${name} in the texts below `node`, and notes the names in `used`.
void put_in(Yaml &node, const std::vector<Parameter> &parameters, std::set<std::string> &used);

} // namespace lab
