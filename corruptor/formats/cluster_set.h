// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which clusters have an owner: a bit for each. Claiming one twice is how cross-linked files are found, and comparing
// the set with the volume's own map finds lost clusters.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"

namespace lab {

class ClusterSet {
public:
  /// Volumes with more clusters are walked without a set: 32 MiB of bits are as much as a walk may keep.
  static constexpr u64 most = u64{1} << 28;

  explicit ClusterSet(u64 clusters) : count(clusters <= most ? clusters : 0), words((count + 63) / 64) {}

  bool kept() const { return count > 0; }
  u64 size() const { return count; }
  bool has(u64 cluster) const { return words[cluster / 64] >> cluster % 64 & 1; }

  /// Claims [first, first + length), which lies inside; the first one that was claimed before, if any.
  std::optional<u64> claim(u64 first, u64 length) {
    std::optional<u64> before;
    if (!kept()) return before;
    for (u64 cluster = first, end = first + length; cluster < end;) {
      u64 bit = cluster % 64, take = std::min(64 - bit, end - cluster);
      u64 mask = (take == 64 ? ~u64{0} : (u64{1} << take) - 1) << bit;
      u64 &word = words[cluster / 64];
      if (u64 again = word & mask; again && !before) before = cluster - bit + static_cast<u64>(__builtin_ctzll(again));
      word |= mask;
      cluster += take;
    }
    return before;
  }

  /// The 64 clusters from 64 * `n` on, as bits.
  u64 word(u64 n) const { return words[n]; }

private:
  u64 count;
  std::vector<u64> words;
};

/// Clusters that are in one of two maps: how many, and which is the first.
struct Strays {
  u64 count = 0;
  u64 first = 0;
  void add(u64 bits, u64 base) {
    if (bits && count == 0) first = base + static_cast<u64>(__builtin_ctzll(bits));
    count += static_cast<u64>(__builtin_popcountll(bits));
  }
};

} // namespace lab
