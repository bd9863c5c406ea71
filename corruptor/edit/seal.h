// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sums follow the bytes they cover, unless the scenario wants them stale or broken: an edit whose sum is
// left wrong mostly tests the sum. The plan says of each sum what became of it, so that nobody believes
// in a recomputation that did not happen.
#pragma once

#include "device/overlay.h"
#include "edit/plan.h"
#include "edit/scenario.h"

namespace lab {

/// What the edits did that sums must follow.
class Seals {
public:
  /// `target` was changed under `policy`; seals of its node and of all above it may be stale now.
  void changed(const Target &target, SealPolicy policy, const std::vector<Extent> &extents);

  /// Recomputes, leaves or breaks every seal whose covered bytes changed, the innermost first. A sum
  /// that an edit set by itself is left as it was set.
  void settle(Overlay &overlay, std::vector<Change> &changes);

private:
  struct Sealed {
    Node node;
    int depth;
    SealPolicy policy;
  };
  void settle_one(Overlay &overlay, const Sealed &sealed, const Seal &seal, const Node &holder,
                  std::vector<Change> &changes);

  std::vector<Sealed> nodes;
  std::vector<Extent> extents;
};

} // namespace lab
