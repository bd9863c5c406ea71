// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finding $MFT on a volume that may be damaged. There are two boot sectors, each naming a place for $MFT
// and one for $MFTMirr, whose first record is a copy of $MFT's own. Of the four ways to that record the
// first is taken that the bytes agree with most: a FILE record, numbered 0, of the stated size, whose run
// list begins where the boot sector says. So $MFT is found though the boot sector is gone, or points
// somewhere else (perhaps into the middle of $MFT, where FILE records are, too), or record 0 is lost.
// If only a place for $MFT is left, the volume's own sixteen records are taken to follow one another there.
#include "formats/ntfs/geometry.h"

#include <algorithm>

#include "base/checked.h"
#include "device/mapped.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/attribute_list.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

/// Records 0 to 15 are the volume's own files; mkfs writes them in one piece.
constexpr u64 own_records = 16;

/// $MFT's run list may go on in records that only its own first runs reach. Each is another extent;
/// a list of runs that fills a whole record maps at least a hundred, so nobody needs this many.
constexpr u64 most_extents = 65536;

constexpr u64 boot_bytes = 512;

u64 last_sector(const SpacePtr &volume, u64 sector_size) {
  u64 size = volume->size();
  return size >= sector_size ? size - sector_size : 0;
}

bool is_boot_sector(const Node &volume, u64 at) {
  return at + boot_bytes <= volume.space->size() && has_oem_id(boot_at(volume, "boot_backup", at));
}

} // namespace

u64 find_backup(const Node &volume, u64 sector_size) {
  u64 usual = last_sector(volume.space, sector_size);
  if (volume.space->size() < boot_bytes) return usual;
  std::vector<u64> candidates = {usual, last_sector(volume.space, 512), last_sector(volume.space, 4096)};
  Node boot = boot_at(volume, "boot", 0);
  u64 after_the_volume;
  if (has_oem_id(boot) &&
      !__builtin_mul_overflow(number(boot, "total_sectors"), number(boot, "bytes_per_sector"),
                              &after_the_volume) &&
      after_the_volume > 0 && after_the_volume < volume.space->size())
    candidates.push_back(after_the_volume);
  for (u64 at : candidates)
    if (at > 0 && is_boot_sector(volume, at)) return at;
  return usual;
}

namespace {

/// One way to $MFT's own record: a boot sector, and whether its copy in $MFTMirr is meant.
struct Way {
  const char *boot;
  bool mirror = false;
  Shape shape;
  int trust = 0;
};

std::optional<Node> record_0(const Node &volume, const Way &way) {
  u64 lcn = way.mirror ? way.shape.mirror_lcn : way.shape.mft_lcn;
  u64 at;
  if (__builtin_mul_overflow(lcn, way.shape.cluster_bytes, &at)) return std::nullopt;
  if (at > volume.space->size() || volume.space->size() - at < way.shape.record_bytes) return std::nullopt;
  SpacePtr raw = slice_of(volume.space, at, way.shape.record_bytes);
  return record_node(volume, way.mirror ? "mirror" : "mft", 0, raw);
}

std::optional<Node> own_data(const Node &record) {
  std::optional<Node> data;
  each_own_attribute(record, [&](Node attribute) {
    if (attribute.label == "$DATA" && !is_resident(attribute) && number(attribute, "lowest_vcn") == 0)
      data = attribute;
    return !data;
  });
  return data;
}

/// How much of what record 0 should be is there.
int trust_in(const Node &volume, const Way &way) {
  int trust = 0;
  try {
    std::optional<Node> record = record_0(volume, way);
    if (!record || std::get<std::string>(value_of(*record, *field_named(tables::record, "magic"))) != "FILE")
      return 0;
    trust = 1;
    bool numbered = number(*record, "usa_offset") == 0x30;
    if (numbered && number(*record, "record_number") != 0) return trust;
    if (number(*record, "bytes_allocated") != way.shape.record_bytes || !record->notes.empty()) return trust;
    trust = 2;
    std::optional<Node> data = own_data(*record);
    if (!data) return trust;
    each_run(*data, [&](const Run &run) {
      if (run.vcn == 0 && run.lcn == way.shape.mft_lcn) trust = 3;
    });
  } catch (const Damage &) { return trust; }
  return trust;
}

/// The ways that there are, and what is wrong with the boot sectors that give none.
struct Ways {
  std::vector<Way> all;
  std::string trouble;
};

Ways ways_to(const Node &volume, u64 backup_at) {
  Ways ways;
  for (auto [name, at] : {std::pair("boot", u64{0}), std::pair("boot_backup", backup_at)}) {
    try {
      Shape shape = shape_of(boot_at(volume, name, at));
      for (bool mirror : {false, true}) ways.all.push_back({name, mirror, shape});
    } catch (const Damage &damage) {
      ways.trouble += std::string(ways.trouble.empty() ? "" : "; ") + damage.what();
    }
  }
  for (Way &way : ways.all) way.trust = trust_in(volume, way);
  // A good record 0 of $MFT, by whichever boot sector, comes before its copy.
  std::stable_sort(ways.all.begin(), ways.all.end(),
                   [](const Way &a, const Way &b) { return a.mirror < b.mirror; });
  return ways;
}

/// Damage unless all of the run, in the stream and in the volume, is counted in 64 bits of bytes.
void check_fits(const Run &run, u64 cluster_bytes) {
  const char *what = "the end of a run of $MFT";
  checked_mul(checked_add(run.vcn, run.length, what), cluster_bytes, what);
  if (run.lcn) checked_mul(checked_add(*run.lcn, run.length, what), cluster_bytes, what);
}

/// The runs of $MFT, from its record 0 and the records that continue it. Damage ends them early.
std::vector<Run> runs_of_mft(Node &volume, Geometry &geometry, const Node &record) {
  std::vector<Run> runs;
  auto take = [&](const Node &extent) {
    each_run(extent, [&](const Run &run) {
      check_fits(run, geometry.shape.cluster_bytes);
      runs.push_back(run);
    });
    geometry.mft = clusters_of(volume.space, runs, geometry.shape.cluster_bytes);
  };
  try {
    std::optional<Node> data = own_data(record);
    if (!data) damaged(record, 0, "has no $DATA attribute with runs");
    geometry.record_count = number(*data, "data_size") / geometry.shape.record_bytes;
    take(*data);
    // An extent may stand in a record that only the extents before it map, so they are taken one by one.
    for (u64 i = 1; i < most_extents && own_attribute_list(record); i++) {
      std::optional<Node> next;
      u64 expected = runs.empty() ? 0 : runs.back().vcn + runs.back().length;
      each_attribute(record, [&](Node other) {
        if (other.label == "$DATA" && !is_resident(other) && number(other, "lowest_vcn") == expected)
          next = other;
        return !next;
      });
      size_t known = runs.size();
      if (next) take(*next);
      if (runs.size() == known) break; // nothing was gained, so the next look would find the same
    }
  } catch (const Damage &damage) {
    volume.notes.push_back(std::string("the run list of $MFT ends early: ") + damage.what());
  }
  return runs;
}

std::vector<Run> assumed_runs(Node &volume, const Shape &shape) {
  u64 clusters = (own_records * shape.record_bytes + shape.cluster_bytes - 1) / shape.cluster_bytes;
  Run run{0, clusters, shape.mft_lcn};
  check_fits(run, shape.cluster_bytes);
  volume.notes.push_back("no record 0 is usable; $MFT is taken to be " + std::to_string(own_records) +
                         " records from cluster " + std::to_string(shape.mft_lcn));
  return {run};
}

void find_records(Node &volume, Geometry &geometry, const Way &way) {
  const Shape &shape = way.shape;
  if (way.trust > 0) {
    if (way.mirror) volume.notes.push_back("the run list of $MFT is taken from its copy in $MFTMirr");
    geometry.mft_runs = runs_of_mft(volume, geometry, *record_0(volume, way));
  }
  if (geometry.mft_runs.empty()) {
    geometry.mft_runs = assumed_runs(volume, shape);
    geometry.record_count = own_records;
  }
  geometry.mft = clusters_of(volume.space, geometry.mft_runs, shape.cluster_bytes);
  u64 reached = geometry.mft->size() / shape.record_bytes;
  if (geometry.record_count > reached)
    volume.notes.push_back("$MFT claims " + std::to_string(geometry.record_count) +
                           " records; its runs hold " + std::to_string(reached));
  // A damaged run may be longer than any volume; a walk over its records would not end.
  u64 most = volume.space->size() / shape.record_bytes;
  geometry.record_count = std::min({geometry.record_count, reached, most});
}

} // namespace

void survey(Node &volume, u64 sector_size) {
  auto geometry = std::make_shared<Geometry>();
  volume.facts = geometry;
  geometry->volume = volume.space;
  geometry->backup_at = find_backup(volume, sector_size);
  Ways ways = ways_to(volume, geometry->backup_at);
  if (!ways.trouble.empty()) volume.notes.push_back(ways.trouble);
  if (ways.all.empty()) {
    geometry->trouble = "neither boot sector says where $MFT is: " + ways.trouble;
    return;
  }
  auto less = [](const Way &a, const Way &b) { return a.trust < b.trust; };
  const Way &best = *std::max_element(ways.all.begin(), ways.all.end(), less);
  if (geometry->backup_at != last_sector(volume.space, best.shape.sector_bytes))
    volume.notes.push_back("the backup boot sector is at " + hex_offset(geometry->backup_at) +
                           ", not in the last sector of the partition");
  auto mirrors = std::find_if(ways.all.begin(), ways.all.end(), [](const Way &way) { return way.mirror; });
  const Way &best_mirror = *std::max_element(mirrors, ways.all.end(), less);
  geometry->shape = best.shape;
  geometry->mirror_lcn = best_mirror.trust > 0 ? best_mirror.shape.mirror_lcn : best.shape.mirror_lcn;
  u64 fitting = volume.space->size() / best.shape.sector_bytes;
  u64 stated = best.shape.total_sectors;
  geometry->clusters = (stated > 0 && stated < fitting ? stated : fitting) / best.shape.sectors_per_cluster;
  if (best.boot != std::string_view("boot"))
    volume.notes.push_back(
        "sizes and the place of $MFT are taken from boot_backup, for boot does not lead to $MFT");
  if (geometry->mirror_lcn != best.shape.mirror_lcn)
    volume.notes.push_back("the place of $MFTMirr is taken from the other boot sector");
  try {
    find_records(volume, *geometry, best);
  } catch (const Damage &damage) {
    geometry->trouble = std::string("$MFT cannot be found: ") + damage.what();
  }
}

const Geometry &geometry_of(const Node &node) {
  const Geometry &geometry = facts_of<Geometry>(node);
  if (!geometry.trouble.empty()) throw Damage(geometry.trouble, disk_offset(volume_above(node)));
  return geometry;
}

SpacePtr stored_record(const Geometry &geometry, u64 index) {
  u64 size = geometry.shape.record_bytes, count = geometry.mft->size() / size;
  if (index >= count)
    throw Damage("record " + std::to_string(index) + " is past the end of $MFT, which holds " +
                     std::to_string(count),
                 0);
  return slice_of(geometry.mft, index * size, size);
}

} // namespace lab::ntfs
