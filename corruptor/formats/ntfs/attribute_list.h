// SPDX-License-Identifier: GPL-2.0-or-later
//
// Attributes that stand in other records than the one they belong to.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// The $ATTRIBUTE_LIST in the record, if it has one.
std::optional<Node> own_attribute_list(const Node &record);

/// Visits the attributes in other records that `list` (the attribute) names, as children of `record`.
void each_listed_attribute(const Node &record, const Node &list, const Visit &visit);

/// The list's entries, as children `attribute_list[n]` of the record.
void each_list_entry(const Node &record, const Visit &visit);

} // namespace lab::ntfs
