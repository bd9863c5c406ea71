// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a disk is divided into. Three questions, in an order that leftovers cannot confuse: is there a
// GUID partition table that the MBR announces (or that nothing contradicts); is the whole disk one
// volume; is there an MBR that makes sense.
//
// No place on a disk image says how large its sectors are. A GUID partition table shows it, since its
// header is in sector 1; an MBR does not, but its partitions only lead to volumes when their sectors
// are counted in the right size.
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

/// True if the disk begins with a volume's boot sector.
bool is_one_volume(const SpacePtr &disk, u64 sector_size) {
  for (const Format &format : all_formats())
    if (format.recognise(disk, sector_size) == Sign::boot) return true;
  return false;
}

/// The partitions, if sectors have this size.
DiskFacts with_sectors(const SpacePtr &space, u64 sector_size, std::vector<std::string> &notes) {
  DiskFacts facts;
  facts.disk = space;
  facts.sector_size = sector_size;
  if (space->size() < 512) return facts;
  Node disk = bare_disk(space, sector_size);
  bool whole = is_one_volume(space, sector_size);
  facts.has_mbr = !whole && mbr_is_plausible(disk);
  facts.has_gpt = has_gpt(disk) && (has_protective_entry(disk) || (!whole && !facts.has_mbr));
  if (facts.has_gpt) facts.partitions = gpt_partitions(disk, notes);
  else if (facts.has_mbr) facts.partitions = mbr_partitions(disk, notes);
  return facts;
}

size_t volumes_recognised(const DiskFacts &facts) {
  size_t count = 0;
  for (const Partition &partition : places_for_volumes(facts))
    for (const Format &format : all_formats())
      if (fit(facts, partition, format) == Fit::recognised) count++;
  return count;
}

} // namespace

DiskFacts survey(const SpacePtr &disk, std::vector<std::string> &notes) {
  DiskFacts best;
  std::pair<bool, size_t> most = {false, 0};
  for (u64 sector_size : {512, 4096}) {
    std::vector<std::string> found;
    DiskFacts facts = with_sectors(disk, sector_size, found);
    std::pair<bool, size_t> score = {facts.has_gpt, volumes_recognised(facts)};
    if (sector_size != 512 && score <= most) continue;
    most = score;
    best = facts;
    notes = found;
  }
  return best;
}

} // namespace lab
