// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one function that changes a disk, and the question that comes before it: what of a plan is on
// the disk already? State is observed from the bytes, never stored, and sector by sector: each part
// equals `before` or `after`, or neither. So a crash needs no recovery code: whatever was reached,
// apply and undo finish the job; and bytes that somebody else wrote since are never lost.
#pragma once

#include "edit/journal.h"

namespace lab {

enum class State { applied, not_applied, partly, changed };
const char *word(State state); ///< "applied", "not applied", "partly applied", "changed since"

/// A sector's part of a patch that holds neither `before` nor `after`.
struct Conflict {
  u64 at = 0;
  Bytes before, after, found;
  std::string why;
};

struct Observation {
  State state = State::not_applied;
  u64 applied_bytes = 0;
  u64 total_bytes = 0;
  std::vector<Conflict> conflicts; ///< the first few; `conflict_count` tells how many
  u64 conflict_count = 0;
};

Observation observe(const Space &disk, const Plan &plan);

struct ApplyOptions {
  bool force = false; ///< overwrite conflicting bytes
  Progress progress;
};

/// The journal's newest plan, if a crash left it unfinished: journaled, but written in part or not at
/// all. Planning again would start from half-written bytes; apply this one instead. Else null.
const Plan *unfinished(const Space &disk, const Journal &journal);

/// Checks, journals, writes, flushes. Refused if the disk holds neither old nor new bytes somewhere
/// (unless forced), or if the journal is another disk's. Misuse if the plan changes nothing. If the
/// journal's newest plan writes the same and is unfinished, it is finished, and journaled no second
/// time. After an error in mid-write, PartlyApplied.
void apply(Device &disk, const Plan &plan, Journal &journal, const ApplyOptions &options);

/// Takes back the newest plan of the journal and drops it there. Refused where `observe` finds
/// conflicts or the disk is another one (unless forced); Misuse if the journal is empty.
/// Returns what had been found before anything was written.
Observation undo(Device &disk, Journal &journal, const ApplyOptions &options);

} // namespace lab
