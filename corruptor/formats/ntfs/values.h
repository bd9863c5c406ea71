// SPDX-License-Identifier: GPL-2.0-or-later
//
// What attributes hold, as structures.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// The attribute's value as the structure of its type, or as plain bytes, shown below `parent`. An index
/// root's `given` is the kind of its entries (view_index.h).
Node value_node(const Node &parent, const Node &attribute, std::string name);

/// The same as a child of the attribute; none if its type announces no structure.
std::optional<Node> find_value(const Node &attribute, const Key &);

/// The name in a $FILE_NAME value, or "" if it leaves its structure (a note says so).
std::string file_name_text(Node &file_name);

} // namespace lab::ntfs
