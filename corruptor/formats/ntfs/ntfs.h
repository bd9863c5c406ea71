// SPDX-License-Identifier: GPL-2.0-or-later
//
// NTFS: everything is a file, and every file is a row of $MFT, which is a file itself. So all that is
// needed to find anything is one number in the boot sector; and that is why so little damage makes so
// much unreachable, and why this reader keeps four ways to that number (see geometry.h).
//
// Known from the Linux-NTFS project's documentation, https://flatcap.github.io/linux-ntfs/ntfs/, whose
// names are given beside ours. NTFS keeps no checksums: what protects it are copies (boot sector,
// $MFTMirr), a journal, and the fixups in each record. So there are no seals here.
#pragma once

#include "formats/format.h"

namespace lab {

const Format &ntfs_format();

} // namespace lab
