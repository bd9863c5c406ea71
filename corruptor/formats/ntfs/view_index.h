// SPDX-License-Identifier: GPL-2.0-or-later
//
// Indexes of something other than names: what their entries hold.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// The structure of the entries of an index with that name, of which `root` is the root.
const Struct &entry_type(const Node &root, std::string_view name);

/// For `given` of a root and its blocks, which must be a number; and back.
i64 number_of_entry_type(const Struct &type);
const Struct &entry_type_of(const Node &root_or_block);

} // namespace lab::ntfs
