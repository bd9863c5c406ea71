// SPDX-License-Identifier: GPL-2.0-or-later
//
// Run lists as nodes.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// The runs of the attribute, as children `run[n]`, with those of the extents that continue it if it is the
/// first; none if it is resident.
void each_run_node(const Node &attribute, const Visit &visit);

} // namespace lab::ntfs
