// SPDX-License-Identifier: GPL-2.0-or-later
//
// The entries of the GUID partition table, as their header describes them.
#pragma once

#include "formats/gpt/gpt.h"

namespace lab {

/// Where a header's entries are, in the disk. Damage if the header's numbers cannot be meant.
Extent entries_extent(const Node &header);

std::optional<Node> find_gpt_entry(const Node &header, const Key &key);

/// Visits the entries that are in use.
void each_gpt_entry(const Node &header, const Visit &visit);

Partition gpt_partition(const Node &entry);

} // namespace lab
