// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which file has these bytes? No file system keeps that; it is known once every file was asked where it is.
// So the answer is made the first time that somebody wants it, and kept with the volume's facts.
#pragma once

#include <algorithm>
#include <vector>

#include "base/bytes.h"

namespace lab {

class OwnerMap {
public:
  /// `owner` has the bytes, or clusters, [at, at + length).
  void add(u64 at, u64 length, u64 owner) { rows.push_back({at, at + std::min(length, ~at), owner, 0}); }

  /// To be called when all are added.
  void finish() {
    std::ranges::sort(rows, {}, &Row::at);
    u64 reach = 0;
    for (Row &row : rows) row.reach = reach = std::max(reach, row.end);
  }

  /// Calls `visit(owner)` for every one that has `at`: one, unless files are cross-linked.
  template <class Visit> void each(u64 at, Visit visit) const {
    auto row = std::ranges::upper_bound(rows, at, {}, &Row::at);
    while (row != rows.begin() && (--row)->reach > at)
      if (row->end > at) visit(row->owner);
  }

private:
  struct Row {
    u64 at;
    u64 end;
    u64 owner;
    u64 reach; ///< the largest end up to here: nothing before it has a place beyond
  };
  std::vector<Row> rows;
};

} // namespace lab
