// SPDX-License-Identifier: GPL-2.0-or-later
//
// A run list maps a stream's clusters to the disk's. Each entry is a pair of nibbles that give the
// widths of a length and of a signed step from the run before, then the two numbers. `step` is what the
// disk stores; `lcn` is what people mean. Setting `lcn` moves this run only: the next run's step takes
// the change back. Setting `step` moves all that follow too, which is sometimes exactly the damage wanted.
//
// Widths are minimal, and a value that does not fit the present width is refused, for growth would shift
// every byte behind it. An entry without a step is a hole.
//
// A list that outgrows its record goes on in others. Its runs are numbered through; each knows its record.
//
// https://flatcap.github.io/linux-ntfs/ntfs/concepts/data_runs.html
#include "formats/ntfs/runs.h"

#include "base/checked.h"
#include "device/mapped.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/stream.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

i64 checked_sum(const Node &run, i64 a, i64 b) {
  i64 sum;
  if (__builtin_add_overflow(a, b, &sum)) damaged(run, 0, "the step leads beyond 64 bits");
  return sum;
}

/// What a run's node knows besides its bytes.
struct Listed : Facts {
  u64 vcn = 0;
  u64 record = 0; ///< that holds it
  u64 list = 0;   ///< where the list that it is in is on the disk
};

Value lcn_of(const Node &run) { return checked_sum(run, run.given, signed_number(run, "step")); }

Value vcn_of(const Node &run) { return facts_of<Listed>(run).vcn; }
Value record_of(const Node &run) { return facts_of<Listed>(run).record; }

/// The steps of each list are counted anew, so the next run is one of the same list.
std::optional<Node> next_with_a_step(const Node &run) {
  bool passed = false;
  std::optional<Node> next;
  each_run_node(*run.parent, [&](Node other) {
    bool is_same_list = facts_of<Listed>(other).list == facts_of<Listed>(run).list;
    if (passed && is_same_list && other.type == &tables::run)
      next = std::move(other);
    else if (other.name == run.name)
      passed = true;
    return !next;
  });
  return next;
}

std::vector<Edit> move_to(const Node &run, const Value &target) {
  const i64 *sint = std::get_if<i64>(&target);
  const u64 *uint = std::get_if<u64>(&target);
  if (!sint && !uint) throw Misuse("lcn is a cluster's number");
  i64 lcn = sint ? *sint : static_cast<i64>(*uint);
  i64 step = signed_number(run, "step");
  i64 moved = checked_sum(run, checked_sum(run, lcn, -run.given), -step);
  std::vector<Edit> edits = {{run, "step", checked_sum(run, step, moved)}};
  if (std::optional<Node> next = next_with_a_step(run))
    edits.push_back({*next, "step", checked_sum(run, signed_number(*next, "step"), -moved)});
  return edits;
}

constexpr Field length_size = bits("length_size", 0, 4).called("length_size").doc("bytes in length");
constexpr Field step_size =
    bits("step_size", 4, 4).called("offset_size").doc("bytes in step; 0 makes it a hole");
constexpr Field length =
    sle("length", 1, "length_size").called("length").doc("clusters in this run; below 1 is damage");

constexpr Field vcn =
    view("vcn", vcn_of)
        .doc("the first cluster of the stream that this run holds, if the lengths before it are right");
constexpr Field record = view("record", record_of)
                             .to("record")
                             .doc("the record that this run stands in; a long list goes on in others");

constexpr Field run_fields[] = {
    length_size,
    step_size,
    length,
    sle("step", Num("length_size", 1, 1), "step_size")
        .called("offset")
        .doc("clusters from the start of the run before to the start of this one"),
    view("lcn", lcn_of, move_to, ValueKind::sint)
        .to("cluster")
        .doc("the first cluster of this run; setting it leaves the runs after it where they are"),
    vcn,
    record,
};
constexpr Field hole_fields[] = {length_size, step_size, length, vcn, record};

} // namespace

namespace tables {
constexpr Struct run = {
    .name = "ntfs.run",
    .meaning = "consecutive clusters of a stream",
    .size = 0,
    .fields = run_fields,
    .source = "https://flatcap.github.io/linux-ntfs/ntfs/concepts/data_runs.html",
};
static_assert(sound(run));

constexpr Struct hole = {
    .name = "ntfs.hole",
    .meaning = "clusters of a stream that have no place on the disk",
    .size = 0,
    .fields = hole_fields,
    .source = "https://flatcap.github.io/linux-ntfs/ntfs/concepts/data_runs.html",
};
static_assert(sound(hole));
} // namespace tables

namespace {

/// The runs that `extent` lists, as children of `attribute`, counted on from `n`; false if the visitor has
/// enough.
bool visit_list(const Node &attribute, const Node &extent, u64 &n, const Visit &visit) {
  bool go_on = true;
  u64 vcn = is_resident(extent) ? 0 : number(extent, "lowest_vcn");
  each_stored_run(extent, [&](const StoredRun &stored) {
    const Struct &type = stored.is_hole() ? tables::hole : tables::run;
    SpacePtr bytes = slice_of(extent.space, stored.bytes.at, stored.bytes.length);
    Node run = child(attribute, type, keyed("run", n++), bytes, 0);
    run.given = stored.given;
    auto listed = std::make_shared<Listed>();
    listed->vcn = vcn;
    listed->record = static_cast<u64>(extent.given);
    listed->list = disk_offset(extent);
    run.facts = std::move(listed);
    vcn += static_cast<u64>(stored.length); // a damaged one may be anything; then so is what follows
    return go_on = visit(std::move(run));
  });
  return go_on;
}

} // namespace

void each_run_node(const Node &attribute, const Visit &visit) {
  u64 n = 0;
  if (is_resident(attribute) || !visit_list(attribute, attribute, n, visit)) return;
  if (number(attribute, "lowest_vcn") > 0) return;
  each_extent(attribute, [&](Node extent) {
    bool is_itself = disk_offset(extent) == disk_offset(attribute);
    return is_itself || visit_list(attribute, extent, n, visit);
  });
}

} // namespace lab::ntfs
