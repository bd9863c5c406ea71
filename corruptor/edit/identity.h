// SPDX-License-Identifier: GPL-2.0-or-later
//
// By what a disk is known again: a few of its sectors, at its two ends and at the patches, where the
// structures are. The patched bytes themselves count as zero, and sectors of zeroes tell nothing. A
// repair tool may change some of the others, so more than half must agree, not all.
#pragma once

#include "edit/plan.h"

namespace lab {

/// What `plan.identity` is to be, for a plan whose patches are known.
Identity identity_of(const Space &disk, const Plan &plan);

/// True if more than half of the sectors in `plan.identity` are still what they were, or none was sampled.
bool has_identity(const Space &disk, const Plan &plan);

} // namespace lab
