// SPDX-License-Identifier: GPL-2.0-or-later
//
// Clusters do not know their file; the run lists of all records together do.
#include "formats/ntfs/owners.h"

#include "formats/ntfs/attribute.h"
#include "formats/ntfs/geometry.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/stored_records.h"
#include "formats/ntfs/tables.h"
#include "formats/ntfs/values.h"
#include "schema/fixed.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 root_directory = 5;
constexpr u64 dos_namespace = 2;
constexpr int deepest_directory = 128; ///< a chain of parents that goes on longer is a circle

const Fixed non_resident(tables::attribute, "non_resident");
const Fixed runs_offset(tables::attribute, "runs_offset");

/// The runs up to the first that is damaged.
void add_runs(const StoredAttribute &attribute, OwnerMap &map) {
  std::span<const u8> bytes = attribute.bytes;
  u64 from = bytes.size() < smallest_non_resident ? bytes.size() : runs_offset(bytes.data());
  if (!non_resident(bytes.data()) || from >= bytes.size()) return;
  std::span<const u8> list = bytes.subspan(from);
  i64 given = 0;
  u64 at = 0;
  while (std::optional<StoredRun> run = next_run(list, at, given)) {
    if (!run->advance(given)) return;
    if (!run->is_hole()) map.add(static_cast<u64>(given), static_cast<u64>(run->length), attribute.file);
    at += run->bytes.length;
  }
}

std::shared_ptr<const OwnerMap> all_clusters(const Node &volume) {
  auto map = std::make_shared<OwnerMap>();
  each_stored_attribute(geometry_of(volume), [&](const StoredAttribute &attribute) { add_runs(attribute, *map); });
  map->finish();
  return map;
}

} // namespace

std::string path_of_record(const Node &volume, u64 record) {
  std::string path;
  for (int depth = 0; record != root_directory && depth < deepest_directory; depth++) {
    std::optional<Node> best;
    try {
      each_attribute(record_at(volume, record), [&](Node attribute) {
        if (number(attribute, "type") != file_name_type) return true;
        best = value_node(record_at(volume, record), attribute, "file_name");
        return number(*best, "name_space") == dos_namespace; // another name is the longer one
      });
      if (!best) break;
      path = "/" + file_name_text(*best) + path;
      record = number(*best, "parent_record");
    } catch (const Damage &) {
      break;
    }
  }
  return path.empty() ? "/" : path;
}

void each_owner(const Node &volume, u64 on_disk, const Visit &visit) {
  const Geometry &geometry = geometry_of(volume);
  auto offer = [&](u64 n) {
    Node record = record_at(volume, n);
    record.label = path_of_record(volume, n);
    return visit(std::move(record));
  };
  if (std::optional<Extent> in_mft = geometry.mft->offset_of(on_disk)) {
    u64 n = in_mft->at / geometry.shape.record_bytes;
    if (n < geometry.record_count) offer(n);
    return;
  }
  std::optional<Extent> in_volume = volume.space->offset_of(on_disk);
  if (!in_volume) return;
  if (!geometry.cluster_owners) geometry.cluster_owners = all_clusters(volume);
  geometry.cluster_owners->each(in_volume->at / geometry.shape.cluster_bytes, offer);
}

} // namespace lab::ntfs
