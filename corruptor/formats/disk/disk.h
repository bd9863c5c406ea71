// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is found out about a disk when it is opened, and shared by everything on it: the sector size,
// which partition table counts, and where its partitions are.
#pragma once

#include "formats/all.h"

namespace lab {

/// A partition, whichever table it is from. The whole disk, when it has no table, is number 0.
struct Partition {
  u64 number = 0;
  Extent place;                 ///< in bytes
  u8 mbr_type = 0;              ///< of a GPT partition: the MBR type that means the same
  std::string type;             ///< in words
  std::string name;             ///< GPT only
  std::vector<Sign> signs = {}; ///< of each format in the list, as found when the disk was opened
};

struct DiskFacts : Facts {
  SpacePtr disk;
  u64 sector_size = 512;
  bool has_mbr = false; ///< sector 0 holds a partition table rather than a volume's boot sector
  bool has_gpt = false;
  std::vector<Partition> partitions;
  Partition whole;                 ///< the disk as if it were one partition
  std::optional<Partition> chosen; ///< by the caller
};

/// A node for the disk that knows the sector size and nothing else: enough to read the tables.
Node bare_disk(SpacePtr disk, u64 sector_size);

/// Sector size and partitions. What is wrong with the tables is added to `notes`.
DiskFacts survey(const SpacePtr &disk, std::vector<std::string> &notes);

/// How each format recognises itself in a place.
std::vector<Sign> signs_in(const DiskFacts &facts, Extent place);

/// Where volumes may be: in the partitions; without any, on the disk as a whole.
std::vector<Partition> places_for_volumes(const DiskFacts &facts);

/// The partition or the stretch of the disk that `choice` means; Misuse if there is none.
std::optional<Partition> chosen_partition(const DiskFacts &facts, const VolumeChoice &choice);

/// How a partition relates to a format: by what lies there, by the partition's type, or not at all.
/// Formats go by their number in the list.
enum class Fit { none, announced, recognised };
Fit fit(const Partition &partition, size_t format);

/// The volumes of this format that the root's edge may mean.
std::vector<Partition> candidates(const Node &disk, size_t format);

/// The one volume of this format that the root's edge leads to; Misuse that lists what there is if
/// it is not clear which.
Node only_volume(const Node &disk, size_t format);

/// The volume in this partition, for those who asked for this format by name: unless the partition
/// holds another one.
std::optional<Node> volume_in(const Node &parent, const Partition &partition, size_t format);

} // namespace lab
