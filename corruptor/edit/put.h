// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one way in which a field's bits get onto the overlay, for edits and for the sums that follow them.
#pragma once

#include "device/overlay.h"
#include "schema/path.h"

namespace lab {

/// Puts bits where the field of `target` is stored, piece by piece.
void put_bits(Overlay &overlay, const Target &target, const Bits &bits, const std::string &why);

} // namespace lab
