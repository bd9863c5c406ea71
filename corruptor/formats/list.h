// SPDX-License-Identifier: GPL-2.0-or-later
//
// The list of formats: a new one is one line here.
#pragma once

#include "formats/exfat/exfat.h"
#include "formats/fat/fat.h"
#include "formats/ntfs/ntfs.h"

namespace lab {

inline constexpr const Format &(*format_list[])() = {
    fat12_format,
    fat16_format,
    fat32_format,
    ntfs_format,
    exfat_format,
};

} // namespace lab
