// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where everything is on this volume, found out once when it is opened.
#pragma once

#include <optional>

#include "formats/files.h"
#include "schema/struct.h"

namespace lab::exfat {

/// The boot region: boot sector, eight extended ones, OEM parameters, a reserved one, the checksum.
constexpr u64 region_sectors = 12;
constexpr u64 checksum_sector = 11;
constexpr u64 first_cluster_number = 2;

/// Places and sizes in bytes, the places from the volume's start.
struct Geometry {
  u64 sector_bytes = 0;
  u64 cluster_bytes = 0;
  u64 volume_bytes = 0;
  u64 fat_at = 0;    ///< of FAT 0
  u64 fat_bytes = 0; ///< of one FAT
  u64 fat_count = 0;
  u64 active_fat = 0; ///< the FAT that counts
  u64 heap_at = 0;    ///< of cluster 2
  u64 cluster_count = 0;
  u64 root_cluster = 0;
  u64 past_last_cluster() const { return first_cluster_number + cluster_count; }
};

/// From a boot sector's bytes. `fault` says why there is no geometry.
struct Reading {
  std::optional<Geometry> geometry;
  std::string fault;
};
Reading read_boot_sector(std::span<const u8> boot);

/// True if the bytes carry the name "EXFAT   ", whatever else they hold.
bool has_name(std::span<const u8> boot);

struct VolumeFacts : Facts {
  SpacePtr volume;
  u64 sector_bytes = 512; ///< the geometry's; without one, the disk's
  std::optional<Geometry> geometry;
  std::string fault; ///< why there is none
  mutable std::shared_ptr<const FileOwners> owners; ///< made when it is first asked for
};

const VolumeFacts &volume_facts(const Node &node);

/// The geometry, or Damage that says what is wrong with the boot sectors.
const Geometry &geometry_of(const Node &node);

} // namespace lab::exfat
