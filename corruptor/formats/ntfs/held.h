// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes that were read once, for walks that look at many small fields. Places on the disk stay those
// of the original, so that damage found in the copy is reported where it is. What is handed on to
// others is never such a copy: they would not see what is written in the meantime.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// `space`, with `length` bytes from `at` on read now.
SpacePtr held(SpacePtr space, u64 at, u64 length);

/// The node over a copy of all of its space. Damage if that is larger than any record, block or list.
Node in_memory(const Node &node);

} // namespace lab::ntfs
