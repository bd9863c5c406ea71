// SPDX-License-Identifier: GPL-2.0-or-later
//
// Undo is no feature of its own: it is a plan read the other way.
#include "edit/plan.h"

namespace lab {

u64 Plan::bytes() const {
  u64 sum = 0;
  for (const Patch &patch : patches) sum += patch.length;
  return sum;
}

Plan inverse(const Plan &plan) {
  Plan back = plan;
  for (Change &change : back.changes) std::swap(change.before, change.after);
  for (Patch &patch : back.patches) std::swap(patch.before, patch.after);
  return back;
}

} // namespace lab
