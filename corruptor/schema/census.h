// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a walk over a whole volume finds: how many there are of each structure, and what is wrong with which. A format
// fills it in; it is never kept whole in memory, since a damaged volume may have more wrong with it than fits.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace lab {

/// Something wrong, with its path, and its place on the disk.
struct Finding {
  std::string path;
  u64 at = 0;
  std::string what;
};

struct Census {
  std::function<void(const Finding &)> found; ///< is told each finding as it is met

  struct Count {
    const char *what; ///< "records in use"
    u64 number;
  };
  std::vector<Count> counts; ///< in the order that a person reads them
  u64 findings = 0;
  u64 bytes_read = 0; ///< of the disk, by the walk itself

  void count(const char *what, u64 number) { counts.push_back({what, number}); }
  void damage(std::string path, u64 at, std::string what) {
    findings++;
    found({std::move(path), at, std::move(what)});
  }
};

} // namespace lab
