// SPDX-License-Identifier: GPL-2.0-or-later
//
// $LogFile: its restart pages.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

constexpr u64 logfile_record = 2;

} // namespace lab::ntfs
