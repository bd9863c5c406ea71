// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one place that writes to a disk. Nothing here catches signals: an interrupt may end the program
// between any two instructions, as a power cut may, and the journal is there before the first write.
#include "edit/apply.h"

#include <algorithm>
#include <future>

#include <fmt/format.h>

#include "device/mapped.h"

namespace lab {

constexpr u64 sector = 512;
constexpr u64 chunk_size = 1 << 20;
constexpr u64 zero_step = 64 << 20; ///< between two calls of the progress function

namespace {
/// Streams the patches of one plan to the disk.
class Writer {
 public:
  Writer(Device &disk, const Plan &plan, const Progress &progress)
      : disk(disk), plan(plan), progress(progress), total(plan.bytes()) {}

  void write() {
    try {
      for (const Patch &patch : plan.patches) write(patch);
      disk.flush();
    } catch (const Error &error) {
      throw PartlyApplied(
          fmt::format("stopped after {} of {} bytes: {}; run apply again to finish, or undo to take "
                      "it back",
                      done, total, error.what()));
    }
  }

 private:
  /// Every request but the patch's last ends between two sectors of the disk: of a sector written in two
  /// requests a crash could leave half, which `observe` would have to take for somebody else's bytes.
  void write(const Patch &patch) {
    for (u64 inside = 0; inside < patch.length;) {
      Stretch here = patch.after->stretch(inside, patch.length - inside);
      u64 end = inside + here.length;
      u64 beyond = end < patch.length ? (patch.at + end) % sector : 0;
      if (here.zero && end - beyond > inside) {
        end -= beyond;
        zero(patch.at + inside, end - inside);
      } else {
        if (beyond > 0) end = std::min(patch.length, end + sector - beyond);
        copy(patch, inside, end);
      }
      inside = end;
    }
  }

  /// What reads as zeroes already is left alone: it may be a hole, and stays one.
  void zero(u64 at, u64 length) {
    for (u64 end = at + length; at < end;) {
      Stretch here = disk.stretch(at, end - at);
      u64 part = here.zero ? here.length : std::min(here.length, zero_step - at % zero_step);
      if (!here.zero) disk.zero(at, part);
      at += part;
      advance(part);
    }
  }

  /// The next chunk is read, and perhaps unpacked, while this one is written.
  void copy(const Patch &patch, u64 inside, u64 end) {
    auto load = [&](u64 at, Bytes &chunk) {
      chunk.resize(std::min(chunk_size - (patch.at + at) % sector, end - at));
      patch.after->read(at, chunk);
    };
    Bytes chunk, next_chunk;
    load(inside, chunk);
    while (inside < end) {
      u64 next = inside + chunk.size();
      std::future<void> loading;
      if (next < end) loading = std::async(std::launch::async, load, next, std::ref(next_chunk));
      disk.write(patch.at + inside, chunk);
      advance(chunk.size());
      if (loading.valid()) loading.get();
      chunk.swap(next_chunk);
      inside = next;
    }
  }

  void advance(u64 length) {
    done += length;
    if (progress) progress(done, total);
  }

  Device &disk;
  const Plan &plan;
  const Progress &progress;
  u64 total;
  u64 done = 0;
};
} // namespace

static bool same_bytes(const Space &left, const Space &right) {
  if (left.size() != right.size()) return false;
  for (u64 at = 0; at < left.size();) {
    u64 rest = left.size() - at;
    Stretch a = left.stretch(at, rest), b = right.stretch(at, rest);
    u64 length = std::min(a.length, b.length);
    if (!a.zero || !b.zero) {
      length = std::min(length, chunk_size);
      if (bytes_at(left, at, length) != bytes_at(right, at, length)) return false;
    }
    at += length;
  }
  return true;
}

/// True if both plans leave the same bytes at the same places, for the same reason.
static bool same_writes(const Plan &left, const Plan &right) {
  auto same_patch = [](const Patch &a, const Patch &b) {
    return a.at == b.at && a.length == b.length && same_bytes(*a.after, *b.after);
  };
  return left.name == right.name && left.seed == right.seed && left.size == right.size &&
         std::ranges::equal(left.patches, right.patches, same_patch);
}

[[noreturn]] static void refuse(const Observation &seen, const char *what) {
  static constexpr size_t shown = 16;
  auto start = [](const Bytes &bytes) { return hex(std::span(bytes).first(std::min(shown, bytes.size()))); };
  const Conflict &first = seen.conflicts.front();
  throw Refused(
      fmt::format("{}: at {} it holds {}, expected {} or {} ({}); sectors like this: {}; only force "
                  "overwrites them",
                  what, hex_offset(first.at), start(first.found), start(first.before), start(first.after),
                  first.why, seen.conflict_count));
}

static void check_identity(const Device &disk, const Journal &journal) {
  if (journal.is_for(journal.entries().size() - 1, disk)) return;
  const Plan &plan = journal.entries().back();
  throw Refused(
      fmt::format("{}: was written for another disk ({} bytes, plan \"{}\"); found one of {} bytes whose "
                  "sectors differ",
                  journal.path, plan.size, plan.name, disk.size()));
}

/// The plan over what the disk holds now, so that undoing it gives that back.
static Plan over_found_bytes(const Plan &plan, const Device &disk) {
  SpacePtr found(SpacePtr(), &disk); // does not own it
  Plan forced = plan;
  for (Patch &patch : forced.patches) patch.before = slice_of(found, patch.at, patch.length);
  return forced;
}

const Plan *unfinished(const Space &disk, const Journal &journal) {
  if (journal.empty()) return nullptr;
  const Plan &newest = journal.entries().back();
  State state = observe(disk, newest).state;
  return state == State::partly || state == State::not_applied ? &newest : nullptr;
}

void apply(Device &disk, const Plan &plan, Journal &journal, const ApplyOptions &options) {
  if (plan.size != disk.size())
    throw Refused(fmt::format("the plan \"{}\" is for a disk of {} bytes, found one of {}", plan.name,
                              plan.size, disk.size()));
  if (!journal.empty() && !options.force) check_identity(disk, journal);
  if (!journal.empty() && same_writes(journal.entries().back(), plan)) {
    const Plan *begun = unfinished(disk, journal);
    if (begun) return Writer(disk, *begun, options.progress).write();
  }
  Observation seen = observe(disk, plan);
  if (seen.state == State::applied)
    throw Misuse(fmt::format("\"{}\" changes nothing on this disk", plan.name));
  bool changed = seen.state == State::changed;
  if (changed && !options.force) refuse(seen, "the disk is not the one that was planned for");
  // Half of the progress is for putting the old bytes aside, half for writing the new ones.
  auto half = [&options](u64 first) -> Progress {
    if (!options.progress) return {};
    return [&options, first](u64 done, u64 total) { options.progress(first * total + done, 2 * total); };
  };
  journal.append(changed ? over_found_bytes(plan, disk) : plan, half(0));
  // What the journal holds is written, not what was handed over: a range that is copied from elsewhere
  // on this disk may be overwritten on the way.
  Writer(disk, journal.entries().back(), half(1)).write();
}

Observation undo(Device &disk, Journal &journal, const ApplyOptions &options) {
  if (journal.empty()) throw Misuse(journal.path + ": nothing to undo");
  if (!options.force) check_identity(disk, journal);
  const Plan &plan = journal.entries().back();
  Observation seen = observe(disk, plan);
  if (seen.state == State::changed && !options.force) refuse(seen, "the disk was changed since");
  if (seen.state != State::not_applied) Writer(disk, inverse(plan), options.progress).write();
  journal.drop_last();
  return seen;
}

} // namespace lab
