// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ranges of bytes that may be too large to hold: compared and looked at in pieces.
#pragma once

#include "schema/path.h"

namespace lab {

/// The sum of the lengths.
u64 total(const std::vector<Extent> &extents);

/// The bytes that `source` names on `disk`, as a space; nothing is read.
SpacePtr bytes_of(const SpacePtr &disk, const Target &source);

/// True if `content`, from `content_at` on, is not what the disk holds in `extent`.
bool differs(const Space &disk, const Extent &extent, const Space &content, u64 content_at);

/// The first bytes of a range and its size: enough to recognise it.
std::string glimpse(const Space &disk, const std::vector<Extent> &where);

} // namespace lab
