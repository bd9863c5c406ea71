// SPDX-License-Identifier: GPL-2.0-or-later
//
// The pages of $LogFile that hold the journal's entries.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// Page `n` of the journal, counted from its start, restart pages included.
std::optional<Node> find_log_page(const Node &logfile, const Key &key);

/// Those that were ever written.
void each_log_page(const Node &logfile, const Visit &visit);

/// The one that holds a byte of the disk.
void log_page_with(const Node &logfile, u64 on_disk, const Visit &visit);

} // namespace lab::ntfs
