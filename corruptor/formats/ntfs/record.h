// SPDX-License-Identifier: GPL-2.0-or-later
//
// FILE records: the rows of $MFT.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// A record over its stored bytes, as the child `edge[index]` of the volume. Its `given` is `index`.
Node record_node(const Node &volume, const char *edge, u64 index, SpacePtr raw);

/// Record `index` of $MFT, seen from any node of the volume.
Node record_at(const Node &inside, u64 index);

/// The volume that a node belongs to.
const Node &volume_above(const Node &node);

} // namespace lab::ntfs
