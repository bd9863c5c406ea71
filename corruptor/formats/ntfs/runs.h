// SPDX-License-Identifier: GPL-2.0-or-later
//
// Run lists as nodes.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// The runs that the attribute lists, as children `run[n]`; none if it is resident.
void each_run_node(const Node &attribute, const Visit &visit);

} // namespace lab::ntfs
