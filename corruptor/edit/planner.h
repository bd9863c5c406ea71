// SPDX-License-Identifier: GPL-2.0-or-later
//
// Planning is pure: (disk, scenario, seed) -> plan, the same on every machine, without touching the disk.
// Aim, then fire: every path of `edits` is resolved against the disk as it is, before the first edit is
// made on an overlay; so moving $MFT in the boot sector and then naming a record of it means what it
// says, in either order. `then` aims again, through the damage. Sums come last, inner to outer.
#pragma once

#include "edit/plan.h"
#include "edit/scenario.h"
#include "device/overlay.h"

namespace lab {

/// Gives the root node over a space: the disk itself, an overlay over it, or a donor's disk.
using OpenRoot = std::function<Node(SpacePtr)>;

/// What planning cannot do by itself: open images, and run foreign tools.
struct Surroundings {
  OpenRoot root;
  std::function<SpacePtr(const std::string &image)> donor;
  /// Puts what foreign tools wrote for `prepare` into the overlay; empty: not asked for.
  std::function<void(Overlay &)> prepare;
};

/// Misuse, Damage or Refused as "file:line:column: ..." where an edit or a need is the cause.
Plan make_plan(SpacePtr disk, const Scenario &scenario, u64 seed, const Surroundings &surroundings);

/// A number that depends on all three and on nothing else: adding an edit moves no other's values.
u64 seeded(u64 seed, std::string_view path, std::string_view verb);

} // namespace lab
