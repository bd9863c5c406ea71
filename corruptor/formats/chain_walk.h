// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the walks over FAT and exFAT volumes share: clusters linked by a table, each of which has one owner, and
// directories that are read a window at a time. The table is read through a window, too, since most chains go on near
// by; so memory holds two windows and a bit for each cluster, whatever the volume.
#pragma once

#include <vector>

#include "device/device.h"
#include "device/mapped.h"
#include "formats/cluster_set.h"
#include "schema/census.h"

namespace lab {

/// Where the table is, how wide its entries are, where the clusters are; clusters are numbered from 2.
struct LinkTable {
  SpacePtr volume;
  u64 at = 0, bytes = 0;
  u64 width = 32;       ///< bits from one entry to the next
  u64 mask = 0;         ///< of an entry's value
  u64 bad = 0, end = 0; ///< the mark of a bad cluster, the lowest one that ends a chain
  u64 heap_at = 0, cluster_bytes = 0, cluster_count = 0;
  bool is_cluster(u64 number) const { return number >= 2 && number - 2 < cluster_count; }
};

class ChainWalk {
public:
  /// Told where in the volume something is wrong, and what.
  using Wrong = std::function<void(u64 at, const std::string &what)>;

  ChainWalk(LinkTable table, Census &census);

  /// Follows a chain and claims its clusters; ends at whatever is wrong with it. How many clusters it has; they are
  /// added to `pieces`, if that is given.
  u64 follow(u64 first, const Wrong &wrong, std::vector<Piece> *pieces = nullptr);

  /// Claims clusters that follow one another, and ends with the last cluster of the volume.
  u64 take(u64 first, u64 count, const Wrong &wrong, std::vector<Piece> *pieces = nullptr);

  /// The table's entry for a cluster that has one.
  u64 entry(u64 cluster);
  bool has_entry(u64 cluster) const { return (cluster * table.width + table.width + 7) / 8 <= table.bytes; }

  /// Reads [0, end of space) of a directory's slots in windows. `use` is given some slots and the place of the first,
  /// and returns how many bytes of them it is done with; the rest comes again with more behind it. 0: enough.
  void each_window(const Space &directory, const std::function<u64(u64 at, std::span<const u8> slots)> &use);

  const LinkTable table;
  ClusterSet clusters; ///< cluster n is bit n - 2

private:
  void add(std::vector<Piece> *pieces, u64 cluster, u64 count) const;
  void load(u64 at);

  Census &census;
  Bytes window, slots;
  u64 window_at = 1; ///< no window begins there: none is loaded
};

} // namespace lab
