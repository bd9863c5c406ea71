// SPDX-License-Identifier: GPL-2.0-or-later
//
// A compressed stream is stored in units, of 16 clusters as a rule. A unit that saves a cluster at least when
// it is compressed takes up only the clusters it then needs; the run list goes on with a hole for those
// saved. One that has all of its clusters is stored as it is, one that has none reads as zero.
//
// A compressed unit is a sequence of chunks, each of 4096 bytes of the file: a word, then so many bytes of
// LZNT1. Nothing here is decompressed; what can be reached is what is on the disk.
//
// https://flatcap.github.io/linux-ntfs/ntfs/concepts/compression.html
#include "formats/ntfs/units.h"

#include "base/checked.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/geometry.h"
#include "formats/ntfs/stream.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 chunk_header = 2;

enum State : u64 { stored, compressed, hole };
constexpr Name states[] = {{stored, "stored"}, {compressed, "compressed"}, {hole, "hole"}};

/// What a unit's node knows besides its bytes.
struct Unit : Facts {
  u64 vcn = 0;
  std::vector<Run> parts;
  u64 clusters = 0; ///< that the runs give it
  u64 used = 0;     ///< of those, on the disk
};

Value state_of(const Node &node) {
  const Unit &unit = facts_of<Unit>(node);
  return unit.used == 0 ? hole : unit.used < unit.clusters ? compressed : stored;
}
Value vcn_of(const Node &node) { return facts_of<Unit>(node).vcn; }
Value used_of(const Node &node) { return facts_of<Unit>(node).used; }

constexpr Field unit_fields[] = {
    view("vcn", vcn_of).doc("the first cluster of the stream that it holds"),
    view("clusters", used_of).doc("clusters that it takes up on the disk"),
    view("state", state_of)
        .with(one_of(states))
        .doc("stored: as it is; compressed; hole: all zero, without clusters"),
};
constexpr Name chunk_flags[] = {{0, "plain"}, {1, "compressed"}};
constexpr Field chunk_fields[] = {
    bits("size", 0, 12)
        .called("chunk size")
        .doc("bytes after this word, less one; 0 in a word of 0 ends the unit"),
    bits("signature", 12, 3).called("signature").doc("3"),
    bits("compressed", 15, 1).called("compressed").with(one_of(chunk_flags)).doc("0: 4096 bytes as they are"),
};

void each_chunk_of(const Node &unit, const Visit &visit) {
  if (std::get<u64>(state_of(unit)) != compressed) return;
  u64 size = unit.space->size();
  for (u64 n = 0, at = 0; size - at >= chunk_header; n++) {
    Node chunk = child(unit, tables::chunk, keyed("chunk", n), at);
    if (number(chunk, "size") == 0 && number(chunk, "signature") == 0) return;
    if (!visit(chunk)) return;
    u64 length = number(chunk, "size") + chunk_header + 1;
    if (length > size - at)
      damaged(chunk, 0, "size is " + std::to_string(length - chunk_header - 1) + ", which leaves the unit");
    at += length;
  }
}

constexpr Edge unit_edges[] = {
    {"chunk", "[n]", &tables::chunk, "the parts of a compressed unit, 4096 bytes of the file each", nullptr,
     each_chunk_of},
};

constexpr const char *source = "https://flatcap.github.io/linux-ntfs/ntfs/concepts/compression.html";

} // namespace

namespace tables {
constexpr Struct unit = {.name = "ntfs.unit",
                         .meaning =
                             "clusters of a stream that are compressed together, as they are on the disk",
                         .size = 0,
                         .fields = unit_fields,
                         .edges = unit_edges,
                         .source = source};
constexpr Struct chunk = {.name = "ntfs.chunk",
                          .meaning = "4096 bytes of a file, compressed",
                          .size = Num("size", 1, chunk_header + 1),
                          .fields = chunk_fields,
                          .source = source};
static_assert(sound(unit) && sound(chunk));
} // namespace tables

void each_unit(const Node &attribute, const Visit &visit) {
  std::optional<u64> clusters = unit_clusters(attribute);
  if (!clusters) return;
  const Geometry &geometry = geometry_of(attribute);
  u64 n = 0;
  auto unit = std::make_shared<Unit>();
  auto hand_over = [&] {
    std::vector<Run> on_disk;
    for (const Run &part : unit->parts)
      if (part.lcn) on_disk.push_back(part);
    SpacePtr space = clusters_of(geometry.volume, on_disk, geometry.shape.cluster_bytes);
    Node node = child(attribute, tables::unit, keyed("unit", n++), space, 0);
    node.facts = unit;
    unit = std::make_shared<Unit>();
    return visit(std::move(node));
  };
  for (const Run &run : runs_of_stream(attribute))
    for (u64 done = 0; done < run.length;) {
      if (n > geometry.clusters)
        damaged(attribute, 0, "has more compression units than the volume has clusters");
      if (unit->parts.empty()) unit->vcn = run.vcn + done;
      u64 take = std::min(run.length - done, *clusters - unit->clusters);
      unit->parts.push_back(part_of(run, done, take));
      unit->clusters += take;
      if (run.lcn) unit->used += take;
      done += take;
      if (unit->clusters == *clusters && !hand_over()) return;
    }
  if (unit->clusters > 0) hand_over();
}

} // namespace lab::ntfs
