// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which sectors to look at is decided once, from the plan, and then recorded; a later version may
// choose others and still knows the disks of an old journal.
#include "edit/identity.h"

#include <algorithm>
#include <set>

#include "base/sums.h"
#include "device/cached.h"

namespace lab {

constexpr u64 sector = 512;
constexpr size_t most_sectors = 32;

static std::set<u64> candidates(const Plan &plan, u64 sectors) {
  std::set<u64> found;
  auto add = [&](u64 number) {
    if (number < sectors && found.size() < most_sectors) found.insert(number);
  };
  for (u64 number : {u64{0}, u64{1}, u64{2}, sectors - 1, sectors - 2}) add(number);
  for (const Patch &patch : plan.patches) {
    u64 first = patch.at / sector;
    u64 last = (patch.at + patch.length - 1) / sector;
    for (u64 number : {first, last, last + 1}) add(number);
  }
  return found;
}

/// The sector at `at`, with zeroes where `plan` writes.
static Bytes outside_patches(const Space &disk, const Plan &plan, u64 at) {
  Bytes bytes = bytes_at(disk, at, sector);
  auto patch = std::ranges::upper_bound(plan.patches, at, {}, [](const Patch &p) { return p.at + p.length; });
  for (; patch != plan.patches.end() && patch->at < at + sector; ++patch) {
    u64 from = std::max(patch->at, at);
    u64 end = std::min(patch->at + patch->length, at + sector);
    std::fill_n(&bytes[from - at], end - from, u8{0});
  }
  return bytes;
}

Identity identity_of(const Space &disk, const Plan &plan) {
  Identity identity;
  for (u64 number : candidates(plan, disk.size() / sector)) {
    Bytes bytes = outside_patches(disk, plan, number * sector);
    if (std::ranges::any_of(bytes, [](u8 byte) { return byte != 0; }))
      identity.emplace_back(number * sector, crc32(bytes));
  }
  return identity;
}

bool has_identity(const Space &disk, const Plan &plan) {
  CachedSpace blocks(SpacePtr(SpacePtr(), &disk)); // most are neighbours: a few requests do for all of them
  auto is_same = [&](const std::pair<u64, u32> &sampled) {
    return sampled.first + sector <= disk.size() &&
           crc32(outside_patches(blocks, plan, sampled.first)) == sampled.second;
  };
  size_t same = static_cast<size_t>(std::ranges::count_if(plan.identity, is_same));
  return plan.identity.empty() || 2 * same > plan.identity.size();
}

} // namespace lab
