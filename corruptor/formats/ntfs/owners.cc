// SPDX-License-Identifier: GPL-2.0-or-later
//
// Clusters do not know their file; the run lists of all records together do.
#include "formats/ntfs/owners.h"

#include "formats/ntfs/attribute.h"
#include "formats/ntfs/geometry.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/stream.h"
#include "formats/ntfs/tables.h"
#include "formats/ntfs/values.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 root_directory = 5;
constexpr u64 dos_namespace = 2;
constexpr int deepest_directory = 128; ///< a chain of parents that goes on longer is a circle

void add_runs(const Node &record, u64 owner, OwnerMap &map) {
  each_own_attribute(record, [&](Node attribute) {
    if (is_resident(attribute)) return true;
    try {
      each_run(attribute, [&](const Run &run) {
        if (run.lcn) map.add(*run.lcn, run.length, owner);
      });
    } catch (const Damage &) {
      // the runs before the damaged one are known
    }
    return true;
  });
}

std::shared_ptr<const OwnerMap> all_clusters(const Node &volume) {
  auto map = std::make_shared<OwnerMap>();
  for (u64 n = 0; n < geometry_of(volume).record_count; n++) {
    try {
      Node record = record_at(volume, n);
      if (!number(record, "in_use")) continue;
      u64 base = number(record, "base_record");
      add_runs(record, base ? base : n, *map);
    } catch (const Damage &) {
      // a record that cannot be read owns nothing that could be told
    }
  }
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
