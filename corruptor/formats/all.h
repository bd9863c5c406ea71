// SPDX-License-Identifier: GPL-2.0-or-later
//
// The way in: from a device to the tree of everything that can be named on it. The list of formats
// stands here too, and it is the only place that a new format is entered in.
#pragma once

#include "formats/format.h"

namespace lab {

/// Which volume the root's format edges lead to, when the caller has an opinion (`--volume`).
/// Neither: the only volume on the disk that fits.
struct VolumeChoice {
  std::optional<u64> partition; ///< numbered as Linux does; 0 is the whole disk
  std::optional<u64> offset;    ///< where the volume begins, in bytes
  std::optional<u64> length;    ///< with `offset`; without: to the partition's or the disk's end
};

/// "" | "2" | "offset=1MiB" | "offset=1435648,length=4GiB". Misuse on anything else.
VolumeChoice parse_volume_choice(std::string_view text);

/// The root of all paths. Damage in the partition tables becomes notes, never an exception; Misuse
/// if the choice names a partition that is not there or a place outside the disk.
Node open_disk(SpacePtr disk, const VolumeChoice &choice = {});

/// Who is told what a disk holds.
struct DiskVisitor {
  std::function<void(const Node &)> table;
  std::function<void(const Format &, const Node &)> volume;
  std::function<void(const Damage &)> damage; ///< why a table or a volume goes no further
};

/// Visits the disk's partition tables, then every volume that is recognised: the chosen one, or those of all partitions.
void each_volume(const Node &root, const DiskVisitor &visitor);

/// True if anything on the disk is known: a partition table, a volume, or the caller's word for one.
bool looks_like_a_disk(const Node &root);

/// The root's tables, for whoever lists fields without an image.
const Struct &disk_struct();

} // namespace lab
