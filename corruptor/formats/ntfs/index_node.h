// SPDX-License-Identifier: GPL-2.0-or-later
//
// One node of an index: its root or a block, and the entries in it.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// Where the key is in an entry of any index.
constexpr i64 index_key_at = 0x10;

/// An index's root as a child of its record. Its `label` is the index's name, its `given` the kind of
/// entries that it has (view_index.h).
Node root_node(const Node &record, const Node &attribute, std::string name);

/// The block in `raw` as the child `name` of `parent`, `given` as the root has it.
Node index_block_node(const Node &parent, const Node &root, std::string name, SpacePtr raw);

/// The children `entry[n]` of a root or block, in the order they are stored, its end mark included.
void each_entry(const Node &root_or_block, const Visit &visit);

} // namespace lab::ntfs
