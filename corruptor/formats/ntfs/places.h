// SPDX-License-Identifier: GPL-2.0-or-later
//
// What numbers count in a volume: clusters, sectors, bytes, records.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

extern const Unit volume_units[4];

} // namespace lab::ntfs
