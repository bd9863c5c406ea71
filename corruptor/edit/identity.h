// SPDX-License-Identifier: GPL-2.0-or-later
//
// By what a disk is known again: a few of its sectors, at its two ends and at the patches, where the
// structures are. The patched bytes themselves count as zero, and sectors of zeroes tell nothing. A
// repair tool may change some of the others, so more than half must agree, not all.
#pragma once

#include <utility>
#include <vector>

#include "edit/plan.h"

namespace lab {

using Identity = std::vector<std::pair<u64, u32>>; ///< offset of a sector, and its CRC-32

Identity identity_of(const Space &disk, const Plan &plan);

/// True if more than half of the sectors are still what they were, or none was sampled.
bool has_identity(const Space &disk, const Plan &plan, const Identity &identity);

} // namespace lab
