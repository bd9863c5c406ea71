// SPDX-License-Identifier: GPL-2.0-or-later
//
// From the boot sector's numbers to places. They are believed only where a driver would believe them:
// a size is a shift of one byte, so without limits a flipped bit would make a sector of 2^73 bytes.
// Whoever opens the volume then tries the backup.
#include "formats/exfat/geometry.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/checked.h"

namespace lab::exfat {

namespace {

u64 le(std::span<const u8> bytes, size_t at, size_t width) {
  u64 result = 0;
  for (size_t i = 0; i < width; i++) result |= static_cast<u64>(bytes[at + i]) << (8 * i);
  return result;
}

/// The numbers of the boot sector that places follow from; sectors and clusters as they are stored.
struct Parameters {
  u64 volume_length, fat_offset, fat_length, heap_offset, cluster_count, root_cluster, flags;
  u64 sector_shift, cluster_shift, fat_count;
};

Parameters parameters(std::span<const u8> boot) {
  return {le(boot, 72, 8), le(boot, 80, 4),  le(boot, 84, 4),  le(boot, 88, 4),  le(boot, 92, 4),
          le(boot, 96, 4), le(boot, 106, 2), le(boot, 108, 1), le(boot, 109, 1), le(boot, 110, 1)};
}

/// The first number that no driver would accept, or empty.
std::string fault_of(const Parameters &p) {
  if (p.sector_shift < 9 || p.sector_shift > 12)
    return fmt::format("bytes_per_sector_shift is {}, expected 9 to 12", p.sector_shift);
  if (p.sector_shift + p.cluster_shift > 25)
    return fmt::format("sectors_per_cluster_shift is {}, expected at most {}: a cluster has 32 MiB at most",
                       p.cluster_shift, 25 - p.sector_shift);
  if (p.fat_count < 1 || p.fat_count > 2)
    return fmt::format("number_of_fats is {}, expected 1 or 2", p.fat_count);
  if (p.volume_length > UINT64_MAX >> p.sector_shift)
    return fmt::format("volume_length is {} sectors, which is more than 64 bits of bytes", p.volume_length);
  if (p.fat_offset < 2 * region_sectors)
    return fmt::format("fat_offset is {}, expected 24 or more: both boot regions come first", p.fat_offset);
  u64 end_of_fats = p.fat_offset + p.fat_count * p.fat_length; // of 32 bits each
  if (p.heap_offset < end_of_fats)
    return fmt::format("cluster_heap_offset is {}, expected {} or more, where the FAT ends", p.heap_offset,
                       end_of_fats);
  if (p.cluster_count + first_cluster_number > p.fat_length << (p.sector_shift - 2))
    return fmt::format("cluster_count is {}, more than a FAT of {} sectors has entries for", p.cluster_count,
                       p.fat_length);
  u64 end_of_heap = p.heap_offset + (p.cluster_count << p.cluster_shift); // 32 bits shifted by at most 16
  if (end_of_heap > p.volume_length)
    return fmt::format("{} clusters end at sector {}, but volume_length is {}", p.cluster_count, end_of_heap,
                       p.volume_length);
  if (p.root_cluster < first_cluster_number || p.root_cluster >= first_cluster_number + p.cluster_count)
    return fmt::format("root_cluster is {}, expected 2 to {}", p.root_cluster, p.cluster_count + 1);
  return "";
}

Geometry places(const Parameters &p) {
  Geometry g;
  g.sector_bytes = u64{1} << p.sector_shift;
  g.cluster_bytes = g.sector_bytes << p.cluster_shift;
  g.volume_bytes = p.volume_length << p.sector_shift;
  g.fat_at = p.fat_offset << p.sector_shift;
  g.fat_bytes = p.fat_length << p.sector_shift;
  g.fat_count = p.fat_count;
  g.active_fat = std::min(p.flags & 1, p.fat_count - 1);
  g.heap_at = p.heap_offset << p.sector_shift;
  g.cluster_count = p.cluster_count;
  g.root_cluster = p.root_cluster;
  return g;
}

} // namespace

bool has_name(std::span<const u8> boot) {
  static constexpr std::string_view name = "EXFAT   ";
  return std::equal(name.begin(), name.end(), boot.begin() + 3);
}

Reading read_boot_sector(std::span<const u8> boot) {
  if (!has_name(boot)) return {std::nullopt, "the name \"EXFAT   \" is not there"};
  if (le(boot, 510, 2) != 0xaa55) return {std::nullopt, "the signature 0xaa55 is not there"};
  if (std::any_of(boot.begin() + 11, boot.begin() + 64, [](u8 byte) { return byte != 0; }))
    return {std::nullopt, "the bytes where FAT has its parameters are not zero"};
  Parameters p = parameters(boot);
  std::string fault = fault_of(p);
  if (!fault.empty()) return {std::nullopt, fault};
  return {places(p), ""};
}

const VolumeFacts &volume_facts(const Node &node) { return facts_of<VolumeFacts>(node); }

const Geometry &geometry_of(const Node &node) {
  const VolumeFacts &facts = volume_facts(node);
  if (!facts.geometry) damaged(node, 0, "no place can be worked out without a boot sector: " + facts.fault);
  return *facts.geometry;
}

} // namespace lab::exfat
