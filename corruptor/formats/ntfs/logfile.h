// SPDX-License-Identifier: GPL-2.0-or-later
//
// $LogFile, as far as a driver looks at it before it decides whether to replay it.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

constexpr u64 logfile_record = 2;

/// True if there is no restart page, because all of the journal was overwritten with 0xff.
bool is_emptied(const Node &logfile);

} // namespace lab::ntfs
