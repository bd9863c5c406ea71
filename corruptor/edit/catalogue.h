// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of the catalogue's calls (see scenario.h) that depend on nothing but their arguments.
#pragma once

#include <optional>
#include <string>

namespace lab {

/// The catalogue's root for a program or module that is in `file`: the nearest one above it.
std::optional<std::string> catalogue_above(const std::string &file);

/// `find_scenario` with the catalogue at `root`.
std::string find_scenario_in(const std::string &root, const std::string &scenario);

/// The file's path below the catalogue's root without .yaml; its stem if it is elsewhere.
std::string scenario_name(const std::string &file);

} // namespace lab
