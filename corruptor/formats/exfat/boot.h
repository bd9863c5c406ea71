// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot regions: which of the tables in boot.cc fits depends on the size of a sector.
#pragma once

#include "schema/struct.h"

namespace lab::exfat {

/// The twelve sectors that begin at `at` of the volume.
Node region_node(const Node &volume, const char *name, u64 at);

} // namespace lab::exfat
