// SPDX-License-Identifier: GPL-2.0-or-later
//
// From an attribute to its bytes. A resident value is a slice of the record. A stream is its runs in
// order, cut to its size; what it holds past `initialized_size` was never written and reads as zero.
// In a compressed stream, a compression unit that is allocated in full is stored as it is, one that has
// no clusters is zero, and one in between is compressed: its bytes are nowhere on the disk.
#include "formats/ntfs/stream.h"

#include "base/checked.h"
#include "device/mapped.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/geometry.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

/// Clusters are numbered with signed 64 bits, of which 8 bytes of a run's length are the most.
constexpr u64 widest_number = 8;

i64 signed_le(std::span<const u8> bytes, u64 at, u64 size) {
  u64 value = 0;
  for (u64 i = 0; i < size; i++) value |= static_cast<u64>(bytes[at + i]) << (8 * i);
  u64 unused = 64 - 8 * size;
  return size == 0 ? 0 : static_cast<i64>(value << unused) >> unused;
}

Piece piece_of(const Run &run, u64 cluster_bytes) {
  Piece piece;
  piece.length = checked_mul(run.length, cluster_bytes, "the length of a run");
  if (run.lcn) {
    piece.parent_at = checked_mul(*run.lcn, cluster_bytes, "the place of a run");
    checked_add(*piece.parent_at, piece.length, "the end of a run");
  }
  return piece;
}

std::vector<Piece> plain_pieces(const std::vector<Run> &runs, u64 cluster_bytes) {
  std::vector<Piece> pieces;
  for (const Run &run : runs) pieces.push_back(piece_of(run, cluster_bytes));
  return pieces;
}

std::vector<Piece> compressed_pieces(const std::vector<Run> &runs, u64 unit, u64 cluster_bytes) {
  std::vector<Piece> pieces;
  std::vector<Run> gathered; // the parts of the unit that is being filled
  u64 filled = 0;
  auto finish = [&] {
    bool any_hole = false, any_clusters = false;
    for (const Run &part : gathered) (part.lcn ? any_clusters : any_hole) = true;
    Piece nowhere{checked_mul(filled, cluster_bytes, "a compression unit"), std::nullopt, false};
    if (any_hole && any_clusters)
      pieces.push_back(nowhere);
    else
      for (const Run &part : gathered) pieces.push_back(piece_of(part, cluster_bytes));
    gathered.clear();
    filled = 0;
  };
  for (const Run &run : runs) {
    for (u64 done = 0; done < run.length;) {
      u64 left = run.length - done;
      // Whole units of one kind need no look at each; a damaged run may claim 2^56 clusters.
      u64 take = filled == 0 && left >= unit ? left - left % unit : std::min(left, unit - filled);
      gathered.push_back(part_of(run, done, take));
      filled += take;
      done += take;
      if (filled % unit == 0) finish();
    }
  }
  finish();
  return pieces;
}

/// The first `size` bytes of the pieces, of which only `initialized` are really there.
std::vector<Piece> cut(const std::vector<Piece> &pieces, u64 initialized, u64 size) {
  std::vector<Piece> result;
  u64 at = 0;
  for (Piece piece : pieces) {
    if (at >= initialized) break;
    piece.length = std::min(piece.length, initialized - at);
    at += piece.length;
    result.push_back(piece);
  }
  result.push_back({size - at, std::nullopt, true});
  return result;
}

} // namespace

Run part_of(const Run &run, u64 skip, u64 length) {
  Run part{run.vcn + skip, length, run.lcn};
  if (part.lcn) *part.lcn += skip;
  return part;
}

std::vector<Run> runs_of_stream(const Node &attribute) {
  std::vector<Run> runs;
  u64 expected = 0;
  each_extent(attribute, [&](Node extent) {
    u64 lowest = number(extent, "lowest_vcn");
    if (lowest != expected)
      damaged(extent, 0x10,
              "lowest_vcn is " + std::to_string(lowest) + ", expected " + std::to_string(expected));
    each_run(extent, [&](const Run &run) { runs.push_back(run); });
    if (!runs.empty()) expected = checked_add(runs.back().vcn, runs.back().length, "the stream's clusters");
    return true;
  });
  return runs;
}

std::optional<u64> unit_clusters(const Node &attribute) {
  if (is_resident(attribute) || !number(attribute, "compressed")) return std::nullopt;
  u64 exponent = number(attribute, "compression_unit");
  if (exponent == 0 || exponent >= 32) return std::nullopt;
  return u64{1} << exponent;
}

std::optional<StoredRun> next_run(std::span<const u8> list, u64 at, i64 given) {
  if (at >= list.size() || list[at] == 0) return std::nullopt;
  StoredRun run;
  run.length_size = list[at] & 15;
  run.step_size = list[at] >> 4;
  run.given = given;
  u64 size = 1 + run.length_size + run.step_size, left = list.size() - at;
  run.bytes = {at, std::min(size, left)};
  run.decodable =
      size <= left && run.length_size > 0 && run.length_size <= widest_number && run.step_size <= widest_number;
  if (run.decodable) {
    run.length = signed_le(list, at + 1, run.length_size);
    run.step = signed_le(list, at + 1 + run.length_size, run.step_size);
  }
  return run;
}

void each_stored_run(const Node &attribute, const std::function<bool(const StoredRun &)> &visit) {
  if (is_resident(attribute)) return;
  u64 room = attribute.space->size() - attribute.at;
  u64 length = std::min(number(attribute, "length"), room);
  u64 start = number(attribute, "runs_offset");
  if (start > length)
    damaged(attribute, 0x20, "runs_offset is " + hex_offset(start) + ", past the attribute's end");
  Bytes bytes = bytes_at(*attribute.space, attribute.at + start, length - start);
  i64 given = 0;
  u64 at = 0;
  while (std::optional<StoredRun> run = next_run(bytes, at, given)) {
    u64 size = run->bytes.length;
    run->bytes.at += attribute.at + start;
    if (!visit(*run)) return;
    if (!run->decodable)
      damaged(attribute, start + at,
              "a run with " + std::to_string(run->length_size) + " bytes of length and " +
                  std::to_string(run->step_size) + " of step, expected 1 to 8 and 0 to 8, in " +
                  std::to_string(bytes.size() - at) + " bytes");
    if (__builtin_add_overflow(given, run->step, &given))
      damaged(attribute, start + at, "the step leads beyond 64 bits");
    at += size;
  }
}

void each_run(const Node &attribute, const std::function<void(const Run &)> &visit) {
  u64 vcn = is_resident(attribute) ? 0 : number(attribute, "lowest_vcn");
  each_stored_run(attribute, [&](const StoredRun &stored) {
    u64 at = stored.bytes.at - attribute.at;
    i64 lcn;
    if (!stored.decodable) return true; // each_stored_run says what is wrong with it
    if (stored.length <= 0) damaged(attribute, at, "a run of " + std::to_string(stored.length) + " clusters");
    if (__builtin_add_overflow(stored.given, stored.step, &lcn) || lcn < 0)
      damaged(attribute, at,
              "a run at cluster " + std::to_string(stored.given) + " and a step of " +
                  std::to_string(stored.step) + ", before the volume's start");
    Run run{vcn, static_cast<u64>(stored.length), std::nullopt};
    if (!stored.is_hole()) run.lcn = static_cast<u64>(lcn);
    vcn = checked_add(vcn, run.length, "the stream's clusters", disk_offset(attribute, at));
    visit(run);
    return true;
  });
}

SpacePtr clusters_of(const SpacePtr &volume, const std::vector<Run> &runs, u64 cluster_bytes) {
  std::vector<Piece> pieces = plain_pieces(runs, cluster_bytes);
  for (Piece &piece : pieces) piece.reads_as_zero = false;
  return std::make_shared<MappedSpace>(volume, std::move(pieces));
}

SpacePtr content_of(const Node &attribute) {
  if (is_resident(attribute)) {
    u64 at = checked_add(attribute.at, number(attribute, "value_offset"), "value_offset");
    return slice_of(attribute.space, at, number(attribute, "value_length"));
  }
  const Geometry &geometry = geometry_of(attribute);
  u64 cluster = geometry.shape.cluster_bytes;
  std::optional<u64> unit = unit_clusters(attribute);
  std::vector<Run> runs = runs_of_stream(attribute);
  std::vector<Piece> pieces = unit ? compressed_pieces(runs, *unit, cluster) : plain_pieces(runs, cluster);
  u64 mapped = 0;
  for (const Piece &piece : pieces) mapped = checked_add(mapped, piece.length, "the stream's length");
  u64 size = std::min(number(attribute, "data_size"), mapped);
  u64 initialized = std::min(number(attribute, "initialized_size"), size);
  return std::make_shared<MappedSpace>(geometry.volume, cut(pieces, initialized, size));
}

} // namespace lab::ntfs
