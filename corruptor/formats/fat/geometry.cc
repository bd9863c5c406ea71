// SPDX-License-Identifier: GPL-2.0-or-later
//
// From the boot sector's numbers to places. Nothing on a FAT volume can be found without them, so they
// are believed only where a driver would believe them; whoever opens the volume then tries the backup.
//
// The specification tells the width by the number of clusters alone. Linux and Windows first ask
// whether the 16-bit size of the FAT is zero, since the layout of the sector itself depends on that;
// so do we, and a FAT32 volume that is small for its width is still read as what it is.
#include <bit>

#include <fmt/format.h>

#include "base/checked.h"
#include "formats/fat/fat.h"

namespace lab {

namespace {

u64 le(std::span<const u8> bytes, size_t at, size_t width) {
  u64 result = 0;
  for (size_t i = 0; i < width; i++) result |= static_cast<u64>(bytes[at + i]) << (8 * i);
  return result;
}

/// The numbers of the parameter block that places follow from.
struct Parameters {
  u64 sector_size, sectors_per_cluster, reserved_sectors, fat_count, root_entries, total_sectors,
      sectors_per_fat;
  bool is_fat32;
};

Parameters parameters(std::span<const u8> boot) {
  u64 total_16 = le(boot, 0x13, 2), fat_16 = le(boot, 0x16, 2);
  return {le(boot, 0x0b, 2),
          le(boot, 0x0d, 1),
          le(boot, 0x0e, 2),
          le(boot, 0x10, 1),
          le(boot, 0x11, 2),
          total_16 ? total_16 : le(boot, 0x20, 4),
          fat_16 ? fat_16 : le(boot, 0x24, 4),
          fat_16 == 0};
}

/// The first number that no driver would accept, or empty.
std::string fault_of(const Parameters &p) {
  if (!std::has_single_bit(p.sector_size) || p.sector_size < 512 || p.sector_size > 4096)
    return fmt::format("bytes_per_sector is {}, expected 512, 1024, 2048 or 4096", p.sector_size);
  if (!std::has_single_bit(p.sectors_per_cluster))
    return fmt::format("sectors_per_cluster is {}, expected a power of two", p.sectors_per_cluster);
  if (p.reserved_sectors == 0) return "reserved_sectors is 0, expected 1 or more";
  if (p.fat_count == 0) return "fat_count is 0, expected 1 or 2";
  if (p.sectors_per_fat == 0) return "sectors per FAT is 0 in both widths";
  if (p.total_sectors == 0) return "total sectors is 0 in both widths";
  if (!p.is_fat32 && p.root_entries == 0) return "root_entries is 0, which only FAT32 may have";
  u64 sectors_before_data = p.reserved_sectors + p.fat_count * p.sectors_per_fat +
                            (p.root_entries * 32 + p.sector_size - 1) / p.sector_size;
  if (sectors_before_data >= p.total_sectors)
    return fmt::format("reserved sectors, FATs and root directory take {} sectors of {}", sectors_before_data,
                       p.total_sectors);
  return "";
}

Geometry places(const Parameters &p) {
  Geometry g;
  g.sector_size = p.sector_size;
  g.cluster_size = p.sector_size * p.sectors_per_cluster;
  g.fat_offset = p.reserved_sectors * p.sector_size;
  g.fat_size = p.sectors_per_fat * p.sector_size;
  g.fat_count = p.fat_count;
  g.root_offset = g.fat_offset + g.fat_count * g.fat_size;
  g.root_size = (p.root_entries * 32 + p.sector_size - 1) / p.sector_size * p.sector_size;
  g.data_offset = g.root_offset + g.root_size;
  g.cluster_count = (p.total_sectors * p.sector_size - g.data_offset) / g.cluster_size;
  return g;
}

/// fatgen103: fewer than 4085 clusters make a FAT12, fewer than 65525 a FAT16.
int width_of(const Geometry &g) { return g.cluster_count < 4085 ? 12 : 16; }

} // namespace

Reading read_boot_sector(std::span<const u8> boot) {
  Parameters p = parameters(boot); // of 32 bits at most, so that no product below leaves 64
  std::string fault = fault_of(p);
  if (!fault.empty()) return {0, std::nullopt, fault};
  Geometry g = places(p);
  if (!p.is_fat32) return {width_of(g), g, ""};
  u64 mirror_flags = le(boot, 0x28, 2);
  if (mirror_flags & 0x80) g.active_fat = std::min<u64>(mirror_flags & 0xf, g.fat_count - 1);
  g.root_cluster = le(boot, 0x2c, 4);
  g.fsinfo_sector = le(boot, 0x30, 2);
  g.backup_sector = le(boot, 0x32, 2);
  return {32, g, ""};
}

const FatFacts &fat_facts(const Node &node) { return facts_of<FatFacts>(node); }

const Geometry &geometry(const Node &node) {
  const FatFacts &facts = fat_facts(node);
  if (!facts.geometry) damaged(node, 0, "no place can be worked out without a boot sector: " + facts.fault);
  return *facts.geometry;
}

} // namespace lab
