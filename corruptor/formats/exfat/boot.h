// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot regions. How many words the checksum fills depends on the size of a sector.
#pragma once

#include "schema/struct.h"

namespace lab::exfat {

/// The twelve sectors that begin at `at` of the volume.
Node region_node(const Node &volume, const char *name, u64 at);

} // namespace lab::exfat
