// SPDX-License-Identifier: GPL-2.0-or-later
//
// The bytes of an attribute, wherever they are: in the record, in runs of clusters, or nowhere.
#pragma once

#include <functional>

#include "schema/struct.h"

namespace lab::ntfs {

/// Consecutive clusters of a stream that lie together on the disk; none for a hole.
struct Run {
  u64 vcn = 0;
  u64 length = 0;
  std::optional<u64> lcn;
};

/// A run as it is stored: the extent within the attribute's space, and the cluster that its step
/// is counted from.
struct StoredRun {
  Extent bytes;
  u64 length_size = 0;
  u64 step_size = 0;
  bool decodable = false; ///< else the numbers below are 0
  i64 length = 0;
  i64 step = 0;
  i64 given = 0;
  bool is_hole() const { return step_size == 0; }

  /// Takes its step from the run before. False if it cannot be decoded, is empty, or begins nowhere on a volume.
  bool advance(i64 &lcn) const {
    return decodable && length > 0 && !__builtin_add_overflow(lcn, step, &lcn) && lcn >= 0;
  }
};

/// The run at `at` of a list, counted from the cluster `given`; none at the list's end. `bytes` is within the list.
std::optional<StoredRun> next_run(std::span<const u8> list, u64 at, i64 given);

/// Visits the stored runs of this attribute (not of its other extents); false ends the visit.
/// A run that cannot be decoded is visited with what there is of it; then comes Damage.
void each_stored_run(const Node &attribute, const std::function<bool(const StoredRun &)> &visit);

/// Visits the runs of this attribute, decoded. Damage at the first that cannot be.
void each_run(const Node &attribute, const std::function<void(const Run &)> &visit);

/// `length` clusters of `run` from its cluster `skip` on.
Run part_of(const Run &run, u64 skip, u64 length);

/// All runs of the stream that the attribute begins, over its extents. Damage if one is missing.
std::vector<Run> runs_of_stream(const Node &attribute);

/// Clusters in a compression unit; none if the stream is not compressed.
std::optional<u64> unit_clusters(const Node &attribute);

/// The whole stream as it reads: `data_size` bytes, zero in holes and past `initialized_size`.
SpacePtr content_of(const Node &attribute);

/// The clusters of `runs` as a space over the volume, without regard to any size; holes cannot be read.
SpacePtr clusters_of(const SpacePtr &volume, const std::vector<Run> &runs, u64 cluster_bytes);

} // namespace lab::ntfs
