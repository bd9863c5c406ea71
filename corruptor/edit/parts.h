// SPDX-License-Identifier: GPL-2.0-or-later
//
// A range is bytes, but people think in fields: which fields lay in the bytes that a plan wipes, and what
// did they hold? Only what is near is asked, the node itself and its single children, so a wiped
// gigabyte costs no more than a wiped sector.
#pragma once

#include "edit/plan.h"
#include "schema/path.h"

namespace lab {

/// A field that lies in a range, with its value as it was.
struct PartOf {
  Target target;
  std::string before;
};

/// The fields of `node` and of its brief children that have a byte in `where`.
std::vector<PartOf> parts_in(const Node &node, const std::vector<Extent> &where);

/// Those that hold something else now, as changes.
std::vector<Change> changed_parts(const std::vector<PartOf> &parts);

/// "4 (cluster)", "7 (ntfs)": the value, and its name if it has one.
std::string described(const Field &field, const Value &value);

/// True if a byte is in both.
bool meet(const std::vector<Extent> &a, const std::vector<Extent> &b);

} // namespace lab
