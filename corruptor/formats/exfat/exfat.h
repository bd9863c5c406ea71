// SPDX-License-Identifier: GPL-2.0-or-later
//
// exFAT: FAT's cluster chains, but a bitmap says what is free, files that lie in one piece need no chain,
// and what matters has a checksum: the boot region, the up-case table, each set of directory entries.
#pragma once

#include "formats/format.h"

namespace lab {

const Format &exfat_format();

} // namespace lab
