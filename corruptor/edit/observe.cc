// SPDX-License-Identifier: GPL-2.0-or-later
//
// What of a plan is on a disk? Whole chunks are compared first, and sectors only where a chunk is
// neither; a disk writes whole sectors, so a crash leaves each of them old or new.
#include "edit/apply.h"

#include <algorithm>

#include "device/mapped.h"

namespace lab {

constexpr u64 chunk_size = 1 << 20;
constexpr u64 sector = 512;
constexpr size_t most_conflicts = 8;

const char *word(State state) {
  switch (state) {
  case State::applied: return "applied";
  case State::not_applied: return "not applied";
  case State::partly: return "partly applied";
  case State::changed: return "changed since";
  }
  return "";
}

namespace {
class Observer {
 public:
  explicit Observer(const Space &disk) : disk(disk) {}

  void look_at(const Patch &patch) {
    result.total_bytes += patch.length;
    bool untouched = is_slice(*patch.before, disk, patch.at); // by definition: it is what the disk holds
    for (u64 inside = 0; inside < patch.length;) {
      if (untouched && !all_after) return;
      inside += look_at_chunk(patch, inside, untouched);
    }
  }

  Observation conclude() {
    if (result.conflict_count > 0)
      result.state = State::changed;
    else if (all_after)
      result.state = State::applied;
    else
      result.state = all_before ? State::not_applied : State::partly;
    if (result.state == State::not_applied) result.applied_bytes = 0; // what a patch leaves as it was
    return std::move(result);
  }

 private:
  /// Looks at some bytes of the patch from `inside` on, and returns how many.
  u64 look_at_chunk(const Patch &patch, u64 inside, bool untouched) {
    u64 at = patch.at + inside;
    u64 rest = patch.length - inside;
    Stretch on_disk = disk.stretch(at, rest);
    Stretch after = patch.after->stretch(inside, rest);
    Stretch before = all_before && !untouched ? patch.before->stretch(inside, rest) : Stretch{rest, true};
    if (on_disk.zero && after.zero && before.zero) {
      u64 length = std::min({on_disk.length, after.length, before.length});
      result.applied_bytes += length;
      return length;
    }
    u64 length = std::min(rest, chunk_size - at % chunk_size);
    compare(patch, inside, length, untouched);
    return length;
  }

  void compare(const Patch &patch, u64 inside, u64 length, bool untouched) {
    Bytes found = bytes_at(disk, patch.at + inside, length);
    if (found == bytes_at(*patch.after, inside, length)) {
      result.applied_bytes += length;
      if (all_before && !untouched) all_before = found == bytes_at(*patch.before, inside, length);
      return;
    }
    all_after = false;
    if (untouched || found == bytes_at(*patch.before, inside, length)) return;
    for (u64 done = 0; done < length;) {
      u64 at = patch.at + inside + done;
      u64 part = std::min(length - done, sector - at % sector);
      compare_sector(patch, inside + done, std::span(found).subspan(done, part));
      done += part;
    }
  }

  void compare_sector(const Patch &patch, u64 inside, std::span<const u8> found) {
    Bytes before = bytes_at(*patch.before, inside, found.size());
    Bytes after = bytes_at(*patch.after, inside, found.size());
    bool is_before = std::ranges::equal(found, before);
    bool is_after = std::ranges::equal(found, after);
    if (!is_before) all_before = false;
    if (is_after) result.applied_bytes += found.size();
    if (is_before || is_after) return;
    if (result.conflict_count++ < most_conflicts)
      result.conflicts.push_back({patch.at + inside, before, after, {found.begin(), found.end()}, patch.why});
  }

  const Space &disk;
  Observation result;
  bool all_before = true;
  bool all_after = true;
};
} // namespace

Observation observe(const Space &disk, const Plan &plan) {
  Observer observer(disk);
  for (const Patch &patch : plan.patches) observer.look_at(patch);
  return observer.conclude();
}

} // namespace lab
