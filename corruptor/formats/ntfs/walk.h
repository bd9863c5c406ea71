// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every record, attribute, run and index entry of a volume, looked at once.
#pragma once

#include "formats/cluster_set.h"
#include "formats/ntfs/geometry.h"
#include "schema/census.h"

namespace lab::ntfs {

/// Looks at all of it, in the order in which it is stored. Damage if $MFT cannot be found.
void walk(const Node &volume, Census &census);

/// Where something is, for messages: a path, and how to get from an offset in the structure to one on the disk.
struct Spot {
  std::string path;
  const Space *space;
  u64 at = 0; ///< of the structure in `space`
};
void report(Census &census, const Spot &spot, u64 offset, const std::string &what);

/// What is counted below records.
struct IndexCounts {
  u64 blocks = 0, unused_blocks = 0, entries = 0;
};

/// The entries of a node whose header begins at `header`; `names`: the keys are $FILE_NAMEs.
struct IndexNode {
  std::span<const u8> bytes; ///< up to the node's end, and fixed_slack more in memory
  u64 header;
  bool names;
  u64 record_count;
};
void walk_entries(const IndexNode &node, const Spot &spot, Census &census, IndexCounts &counts);

/// An $INDEX_ALLOCATION, or the extent of one, that is found in a record.
struct IndexStream {
  std::string path; ///< of the record
  std::vector<Run> runs;
  u64 block_bytes = 0;
  bool names = false;
  std::optional<Bytes> used; ///< the index's $BITMAP, if it is known
};
void walk_blocks(const Geometry &geometry, const IndexStream &stream, Census &census, IndexCounts &counts);

} // namespace lab::ntfs
