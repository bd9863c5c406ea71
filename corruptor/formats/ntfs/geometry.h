// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where everything is on this volume, found out once when it is opened.
#pragma once

#include "formats/ntfs/boot.h"
#include "formats/ntfs/stream.h"
#include "formats/owner_map.h"

namespace lab::ntfs {

class UpperCase;

struct Geometry : Facts {
  SpacePtr volume;
  u64 backup_at = 0;   ///< of the backup boot sector, in the volume
  std::string trouble; ///< why only the boot sectors can be found; empty: the rest is known
  Shape shape;
  u64 clusters = 0;   ///< in the volume
  u64 mirror_lcn = 0; ///< where $MFTMirr really starts, as far as can be seen
  std::vector<Run> mft_runs;
  SpacePtr mft;         ///< the records one after the other, over all runs
  u64 record_count = 0; ///< records that $MFT says it has
  mutable std::shared_ptr<const UpperCase> upper_case;    ///< read when it is first asked for
  mutable std::shared_ptr<const OwnerMap> cluster_owners; ///< made when it is first asked for
};

/// Where the backup boot sector is: in the last sector of the partition, or where else one is found,
/// if the volume is smaller than the partition or has other sectors than the device.
u64 find_backup(const Node &volume, u64 sector_size);

/// Fills in what can be found out, and adds to the volume's notes what had to be worked around.
void survey(Node &volume, u64 sector_size);

/// Damage if it could not be found out.
const Geometry &geometry_of(const Node &node);

/// The bytes of record `index` as they are stored. Damage if $MFT does not reach that far.
SpacePtr stored_record(const Geometry &geometry, u64 index);

} // namespace lab::ntfs
