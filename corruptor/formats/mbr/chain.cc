// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which partitions the MBR announces. A logical partition lies in an extended one and has a boot
// record of its own: entry 1 is the partition, entry 2 leads to the next record. So they form a chain,
// and a damaged chain may loop or lead anywhere on the disk.
#include <set>

#include <fmt/format.h>

#include "base/checked.h"
#include "formats/mbr/mbr.h"
#include "schema/path.h"
#include "schema/value.h"

namespace lab {

namespace {

/// Linux has minor numbers for 256 partitions of a disk (DISK_MAX_PARTS in linux/genhd.h).
constexpr u64 most_records = 256;

struct Entry {
  Node node;
  u64 type, start, count; ///< sectors; `start` is counted on the disk
  bool used() const { return type != 0 && count != 0; }
  u64 end() const { return start + count; }
};

Entry entry(const Node &record, u64 n) {
  Node node = follow(record, {"entry", {Key::number, n, ""}, 0});
  u64 start = static_cast<u64>(node.given) + number(node, "start_lba");
  return {node, number(node, "type"), start, number(node, "sector_count")};
}

Node record_at(const Node &disk, u64 n, u64 sector, u64 container) {
  Node record = child(disk, ebr_struct, keyed("ebr", n), sector * facts_of<DiskFacts>(disk).sector_size);
  record.given = static_cast<i64>(container);
  return record;
}

/// Throws what is wrong with going on to `sector`, the place that `link` names.
void check_link(const Entry &container, const Node &link, u64 sector, const std::set<u64> &seen) {
  if (seen.contains(sector)) damaged(link, 8, fmt::format("leads back to the record in sector {}", sector));
  if (sector < container.start || sector >= container.end())
    damaged(link, 8,
            fmt::format("leads to sector {}, expected one of the extended partition's, {} to {}", sector,
                        container.start, container.end() - 1));
  if (seen.size() >= most_records)
    damaged(link, 8, fmt::format("the chain goes on after {} records", most_records));
}

/// Visits the chain of one extended partition; the first record has number `first`. Returns the
/// number after the last record's, or 0 if the visitor has seen enough.
u64 each_record(const Node &disk, const Entry &container, u64 first, const Visit &visit) {
  std::set<u64> seen;
  Entry link = container;
  for (u64 n = first; is_extended(link.type) && link.count != 0; n++) {
    check_link(container, link.node, link.start, seen);
    seen.insert(link.start);
    Node record = record_at(disk, n, link.start, container.start);
    if (!visit(record)) return 0;
    u64 signature = number(record, "signature");
    if (signature != 0xaa55)
      damaged(record, 0x1fe, fmt::format("signature {:#06x}, expected 0xaa55", signature));
    link = entry(record, 2);
  }
  return first + seen.size();
}

Partition partition(const Entry &e, u64 number, u64 sector_size) {
  return {number,
          {e.start * sector_size, e.count * sector_size},
          static_cast<u8>(e.type),
          mbr_type_text(e.type),
          ""};
}

} // namespace

void each_ebr(const Node &disk, const Visit &visit) {
  u64 next = 1;
  for (u64 n = 1; n <= 4; n++) {
    Entry container = entry(mbr_of(disk), n);
    if (!is_extended(container.type)) continue;
    next = each_record(disk, container, next, visit);
    if (next == 0) return;
  }
}

bool mbr_is_plausible(const Node &disk) {
  u64 sectors = disk.space->size() / facts_of<DiskFacts>(disk).sector_size;
  Node mbr = mbr_of(disk);
  int used = 0, begin_inside = 0, lie_inside = 0;
  bool known_status = true;
  for (u64 n = 1; n <= 4; n++) {
    Entry e = entry(mbr, n);
    u64 status = number(e.node, "status");
    if (status != 0 && status != 0x80) known_status = false;
    if (!e.used()) continue;
    used++;
    if (e.start > 0 && e.start < sectors) begin_inside++;
    if (e.start > 0 && e.end() <= sectors) lie_inside++;
  }
  // One kind of damage is forgiven: the signature, a status byte, or an entry that leads nowhere.
  bool is_signed = number(mbr, "signature") == 0xaa55;
  if (is_signed && known_status) return begin_inside > 0;
  return used > 0 && lie_inside == used && (is_signed || known_status);
}

std::vector<Partition> mbr_partitions(const Node &disk, std::vector<std::string> &notes) {
  u64 sector_size = facts_of<DiskFacts>(disk).sector_size;
  std::vector<Partition> found;
  Node mbr = mbr_of(disk);
  for (u64 n = 1; n <= 4; n++)
    if (Entry e = entry(mbr, n); e.used()) found.push_back(partition(e, n, sector_size));
  u64 next = 5;
  try {
    each_ebr(disk, [&](const Node &record) {
      if (Entry e = entry(record, 1); e.used()) found.push_back(partition(e, next++, sector_size));
      return true;
    });
  } catch (const Damage &damage) { notes.push_back(damage.what()); }
  if (number(mbr, "signature") != 0xaa55)
    notes.push_back(
        fmt::format("mbr at 0x1fe: signature {:#06x}, expected 0xaa55", number(mbr, "signature")));
  return found;
}

} // namespace lab
