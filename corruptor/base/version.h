// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program's version: what --version prints and what every journal records.
#pragma once

namespace lab {

constexpr const char *version = "0.1.0";

} // namespace lab
