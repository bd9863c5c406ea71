// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a scenario is called. The catalogue itself is declared in scenario.h.
#pragma once

#include <string>

namespace lab {

/// The file's path below the catalogue's root without .yaml; its stem if it is elsewhere.
std::string scenario_name(const std::string &file);

} // namespace lab
