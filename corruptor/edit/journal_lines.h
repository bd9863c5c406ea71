// SPDX-License-Identifier: GPL-2.0-or-later
//
// A journal's entry as lines of JSON, both ways.
#pragma once

#include <string>
#include <vector>

#include "edit/journal.h"

namespace lab {

struct EntryLines {
  Plan plan;
  u64 data_end = 0; ///< after the last byte that it refers to in the data file
};

/// Puts the large contents of `plan` into the data file from `data_at` on, made durable, and returns
/// the lines, with the `end` line last.
std::vector<std::string> write_entry(const Plan &plan, const std::string &data_path, u64 data_at,
                                     const Progress &progress);

/// The inverse. Damage, with file and line, if the lines are not what was written.
EntryLines read_entry(const std::vector<std::string> &lines, const std::string &path,
                      const std::string &data_path, size_t first_line);

} // namespace lab
