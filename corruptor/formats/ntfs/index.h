// SPDX-License-Identifier: GPL-2.0-or-later
//
// Indexes as a whole: a directory's names above all.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// The root that has the key's name; without a key that of the names ($I30), or the first.
std::optional<Node> find_index_root(const Node &record, const Key &key);
void each_index_root(const Node &record, const Visit &visit);

/// Each index of the record as a whole, as children `tree["$SII"]`.
void each_tree(const Node &record, const Visit &visit);

// What follows takes a record, for its index of names, or a tree.

/// The blocks of the index by number, whether the tree leads to them or not.
std::optional<Node> find_index_block(const Node &holder, const Key &key);
void each_index_block(const Node &holder, const Visit &visit);

/// All entries with a key that the tree leads to, in its order. Where a block cannot be used the rest
/// is still visited; then comes the first Damage.
void each_index_entry(const Node &holder, const Visit &visit);

/// The entry of exactly this name, as a driver finds it: by comparing names from the root downwards. None if that
/// does not lead to it, be it that it is not there, or that the tree is damaged.
std::optional<Node> entry_by_descent(const Node &record, const std::string &name);

/// By number in that order; or by name: exactly, else in any case. Misuse if several fit.
std::optional<Node> find_index_entry(const Node &holder, const Key &key);

} // namespace lab::ntfs
