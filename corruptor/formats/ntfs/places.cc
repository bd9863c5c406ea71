// SPDX-License-Identifier: GPL-2.0-or-later
//
// Numbers of clusters and sectors count from the start of the volume; records lie wherever $MFT's runs are.
#include "formats/ntfs/places.h"

#include <algorithm>

#include "base/checked.h"
#include "formats/bitmap.h"
#include "formats/ntfs/geometry.h"
#include "formats/ntfs/record.h"

namespace lab::ntfs {

namespace {

Node child_named(const Node &volume, const char *name) { return *edge_named(*volume.type, name)->find(volume, Key{}); }

Place cluster_at(const Node &volume, u64 n) {
  const Shape &s = geometry_of(volume).shape;
  return {checked_mul(n, s.cluster_bytes, "the offset of a cluster"), s.cluster_bytes,
          std::to_string(n) + " x " + std::to_string(s.sectors_per_cluster) + " sectors x " +
              std::to_string(s.sector_bytes) + " bytes"};
}

Place sector_at(const Node &volume, u64 n) {
  u64 bytes = geometry_of(volume).shape.sector_bytes;
  return {checked_mul(n, bytes, "the offset of a sector"), bytes,
          std::to_string(n) + " x " + std::to_string(bytes) + " bytes"};
}

Place byte_at(const Node &, u64 n) { return {n, 1, std::to_string(n) + " bytes"}; }

Place place_of_record(const Node &volume, u64 n) {
  const Geometry &geometry = geometry_of(volume);
  const Shape &s = geometry.shape;
  u64 in_mft = checked_mul(n, s.record_bytes, "the offset of a record");
  u64 vcn = in_mft / s.cluster_bytes, rest = in_mft % s.cluster_bytes;
  for (const Run &run : geometry.mft_runs) {
    if (!run.lcn || vcn < run.vcn || vcn - run.vcn >= run.length) continue;
    Place place = cluster_at(volume, *run.lcn + (vcn - run.vcn));
    place.at = checked_add(place.at, rest, "the offset of a record");
    place.length = s.record_bytes;
    place.arithmetic = "cluster " + place.arithmetic + " + " + std::to_string(rest) + " bytes";
    return place;
  }
  damaged(volume, 0, "record " + std::to_string(n) + " is past the end of $MFT");
}

std::optional<u64> free_cluster(const Node &volume) {
  return first_clear(*child_named(volume, "bitmap").space, geometry_of(volume).clusters);
}
std::optional<u64> free_record(const Node &volume) {
  return first_clear(*child_named(volume, "mft_bitmap").space, geometry_of(volume).record_count);
}

} // namespace

const Unit volume_units[4] = {
    {"cluster", cluster_at, [](const Node &v) { return geometry_of(v).clusters; }, nullptr, free_cluster},
    {"sector", sector_at, [](const Node &v) { return v.space->size() / geometry_of(v).shape.sector_bytes; }},
    {"byte", byte_at, [](const Node &v) { return v.space->size(); }},
    {"record", place_of_record, [](const Node &v) { return geometry_of(v).record_count; },
     [](const Node &v, u64 n) { return record_at(v, n); }, free_record},
};

} // namespace lab::ntfs
