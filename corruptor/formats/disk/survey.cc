// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a disk is divided into. Three questions, in an order that leftovers cannot confuse: is there a
// GUID partition table that the MBR announces (or that nothing contradicts); is the whole disk one
// volume; is there an MBR that makes sense.
//
// No place on a disk image says how large its sectors are. A GUID partition table shows it, since its
// header is in sector 1; an MBR does not, but its partitions only lead to volumes when their sectors
// are counted in the right size.
#include <algorithm>

#include "formats/disk/disk.h"
#include "formats/gpt/gpt.h"
#include "formats/mbr/mbr.h"
#include "schema/value.h"

namespace lab {

namespace {

bool has_gpt(const Node &disk) {
  Node gpt = gpt_of(disk);
  return has_gpt_signature(primary_header(gpt)) || has_gpt_signature(backup_header(gpt));
}

bool has_protective_entry(const Node &disk) {
  Node mbr = mbr_of(disk);
  bool found = false;
  each_mbr_entry(mbr, [&](const Node &entry) {
    found |= number(entry, "type") == protective_type;
    return true;
  });
  return found && number(mbr, "signature") == 0xaa55;
}

bool has(const Partition &place, Sign sign) {
  return std::ranges::find(place.signs, sign) != place.signs.end();
}

/// The partitions, if sectors have this size.
DiskFacts with_sectors(const SpacePtr &space, u64 sector_size, std::vector<std::string> &notes) {
  DiskFacts facts;
  facts.disk = space;
  facts.sector_size = sector_size;
  facts.whole = {0, {0, space->size()}, 0, "whole disk", ""};
  if (space->size() < 512) return facts;
  Node disk = bare_disk(space, sector_size);
  facts.whole.signs = signs_in(facts, facts.whole.place);
  bool is_one_volume = has(facts.whole, Sign::boot);
  facts.has_mbr = !is_one_volume && mbr_is_plausible(disk);
  facts.has_gpt = has_gpt(disk) && (has_protective_entry(disk) || (!is_one_volume && !facts.has_mbr));
  if (facts.has_gpt)
    facts.partitions = gpt_partitions(disk, notes);
  else if (facts.has_mbr)
    facts.partitions = mbr_partitions(disk, notes);
  for (Partition &partition : facts.partitions) partition.signs = signs_in(facts, partition.place);
  return facts;
}

size_t volumes_recognised(const DiskFacts &facts) {
  size_t count = 0;
  for (const Partition &place : places_for_volumes(facts))
    if (has(place, Sign::boot) || has(place, Sign::backup)) count++;
  return count;
}

} // namespace

DiskFacts survey(const SpacePtr &disk, std::vector<std::string> &notes) {
  DiskFacts facts = with_sectors(disk, 512, notes);
  if (!facts.has_gpt && volumes_recognised(facts) == 0) {
    std::vector<std::string> other_notes;
    DiskFacts larger = with_sectors(disk, 4096, other_notes);
    if (larger.has_gpt || volumes_recognised(larger) > 0) {
      facts = larger;
      notes = other_notes;
    }
  }
  return facts;
}

} // namespace lab
