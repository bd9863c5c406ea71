// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a `set` is to: a value as it is written, or a number that is known once the image is at hand.
#pragma once

#include "edit/scenario.h"

namespace lab {

/// `to` with {was: n}, {past: unit, by: n} or {at: place} becomes a plain number.
std::string value_wanted(const Node &root, const EditRequest &request, const Target &target);

} // namespace lab
