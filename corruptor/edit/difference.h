// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two disks, and what is not the same: as bytes, as fields with both values, and as a scenario that turns one
// into the other.
#pragma once

#include "edit/plan.h"
#include "schema/whose.h"

namespace lab {

/// The whole of two disks. Misuse if their sizes differ.
Extent all_of(const Space &before, const Space &after);

/// Calls `visit` with every run of bytes in `range` that differ, none longer than a sector.
void each_differing(const Space &before, const Space &after, Extent range, const std::function<void(Extent)> &visit);

/// One place that differs.
struct Difference {
  Extent extent;     ///< its first piece on the disk
  Target target;     ///< a field, or a range of the innermost structure, as the first disk has it
  std::string file;  ///< which file it belongs to; empty: none
  std::string note;  ///< "a sum", "the copy of ntfs.boot"; empty: neither
  std::string before, after; ///< the field's values in words; a range's number of bytes that differ
  Bits old_bits, new_bits;   ///< of a field
};

/// Every difference in `range` in the order of the disk, in the words of `root`, the root of `before`.
void each_difference(const Node &root, const Space &before, const Space &after, Extent range,
                     const std::function<void(const Difference &)> &visit);

/// A scenario, as YAML, whose edits turn the disk of `root` into `after`: a field is set wherever one explains the
/// bytes. Sums are set like other fields. Misuse if it would be too large to be one.
std::string as_scenario(const Node &root, const Space &before, const Space &after, const std::string &title);

} // namespace lab
