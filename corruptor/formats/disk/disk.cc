// SPDX-License-Identifier: GPL-2.0-or-later
//
// The root of every path. Under it are the partition tables, the partitions, and one edge for each
// format: `fat32` is the only such volume on the disk, or the chosen one; `part[2].fat32` is the one in
// that partition. The edges of the formats follow from the list of formats.
#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "device/mapped.h"
#include "formats/gpt/gpt.h"
#include "formats/list.h"
#include "formats/mbr/mbr.h"
#include "schema/value.h"

namespace lab {

namespace {

const DiskFacts &facts(const Node &node) { return facts_of<DiskFacts>(node); }

const Partition &partition_of(const Node &part) {
  for (const Partition &partition : facts(part).partitions)
    if (partition.number == static_cast<u64>(part.given)) return partition;
  throw std::logic_error("no partition " + std::to_string(part.given));
}

std::string volumes_in(const Node &part) {
  std::string names;
  for (size_t format = 0; format < all_formats().size(); format++)
    if (fit(partition_of(part), format) != Fit::none)
      names += (names.empty() ? "" : ", ") + std::string(all_formats()[format].type->name);
  return names;
}

constexpr Field part_fields[] = {
    view("start", [](const Node &part) -> Value { return partition_of(part).place.at; })
        .doc("where the partition begins on the disk, in bytes"),
    view("length", [](const Node &part) -> Value { return partition_of(part).place.length; })
        .doc("the partition's size in bytes, as its table has it"),
    view(
        "type", [](const Node &part) -> Value { return partition_of(part).type; }, nullptr, ValueKind::text)
        .doc("what the partition table says that it holds"),
    view(
        "name", [](const Node &part) -> Value { return partition_of(part).name; }, nullptr, ValueKind::text)
        .doc("the name in the GUID partition table; empty in an MBR"),
    view(
        "volume", [](const Node &part) -> Value { return volumes_in(part); }, nullptr, ValueKind::text)
        .doc("the format that is recognised there, or that the type announces"),
};

template <size_t format> std::optional<Node> find_in_part(const Node &part, const Key &) {
  return volume_in(part, partition_of(part), format);
}

template <size_t format> void each_in_part(const Node &part, const Visit &visit) {
  const Partition &partition = partition_of(part);
  if (fit(partition, format) != Fit::none) visit(*volume_in(part, partition, format));
}

constexpr Field disk_fields[] = {
    view("size", [](const Node &disk) -> Value { return disk.space->size(); })
        .doc("the disk's size in bytes"),
    view("sector_size", [](const Node &disk) -> Value { return facts(disk).sector_size; })
        .doc("bytes in a sector of the disk: 512 or 4096"),
};

std::optional<Node> find_mbr(const Node &disk, const Key &) { return mbr_of(disk); }
std::optional<Node> find_gpt(const Node &disk, const Key &) { return gpt_of(disk); }

void visit_mbr(const Node &disk, const Visit &visit) {
  if (facts(disk).has_mbr || facts(disk).has_gpt) visit(mbr_of(disk));
}

void visit_ebrs(const Node &disk, const Visit &visit) {
  if (facts(disk).has_mbr && !facts(disk).has_gpt) each_ebr(disk, visit);
}

void visit_gpt(const Node &disk, const Visit &visit) {
  if (facts(disk).has_gpt) visit(gpt_of(disk));
}

Node part_of(const Node &disk, const Partition &partition);

void visit_parts(const Node &disk, const Visit &visit) {
  for (const Partition &partition : facts(disk).partitions)
    if (!visit(part_of(disk, partition))) return;
}

template <size_t format> std::optional<Node> find_volume(const Node &disk, const Key &) {
  return only_volume(disk, format);
}

/// Without being asked for by name, a volume shows up here only if it is clear which one is meant.
template <size_t format> void visit_volume(const Node &disk, const Visit &visit) {
  if (candidates(disk, format).size() == 1) visit(only_volume(disk, format));
}

constexpr Unit disk_units[] = {
    {"sector",
     [](const Node &disk, u64 n) -> Place {
       u64 size = facts(disk).sector_size;
       return {checked_mul(n, size, "the sector's place"), size, fmt::format("{} x {} bytes", n, size)};
     },
     [](const Node &disk) { return disk.space->size() / facts(disk).sector_size; }},
    {"byte",
     [](const Node &, u64 n) -> Place {
       return {n, 1, ""};
     },
     [](const Node &disk) { return disk.space->size(); }},
};

constexpr auto every_format = std::make_index_sequence<std::size(format_list)>();

template <size_t... format> std::vector<Edge> edges_of_part(std::index_sequence<format...>) {
  std::span<const Format> all = all_formats();
  return {{all[format].type->name, "", nullptr, all[format].type->meaning, find_in_part<format>,
           each_in_part<format>}...};
}

/// The volumes here are those of the root's edges, which document them.
const Struct &part_struct() {
  static const std::vector<Edge> edges = edges_of_part(every_format);
  static const Struct part = {
      "part", "a partition", 0, part_fields, edges, {}, {}, {}, "as the partition table has it"};
  return part;
}

template <size_t... format> std::vector<Edge> edges_of_disk(std::index_sequence<format...>) {
  std::span<const Format> all = all_formats();
  return {
      {"mbr", "", &mbr_struct, "the master boot record", find_mbr, visit_mbr, true},
      {"ebr", "[n]", &ebr_struct, "the extended boot records in the order of their chain; n from 1", nullptr,
       visit_ebrs, true},
      {"gpt", "", &gpt_struct, "the GUID partition table", find_gpt, visit_gpt, true},
      {"part", "[n]", &part_struct(), "a partition, numbered as Linux does: logical ones from 5", nullptr,
       visit_parts, true},
      {all[format].type->name, "", all[format].type, all[format].type->meaning, find_volume<format>,
       visit_volume<format>}...,
  };
}

Node part_of(const Node &disk, const Partition &partition) {
  SpacePtr space = slice_of(disk.space, partition.place.at, partition.place.length);
  Node part = child(disk, part_struct(), keyed("part", partition.number), space, 0);
  part.given = static_cast<i64>(partition.number);
  return part;
}

} // namespace

const Struct &disk_struct() {
  static const std::vector<Edge> edges = edges_of_disk(every_format);
  static const Struct disk = {"disk",     "the whole disk",         0, disk_fields, edges, {}, {},
                              disk_units, "as this program sees it"};
  return disk;
}

Node bare_disk(SpacePtr disk, u64 sector_size) {
  auto facts = std::make_shared<DiskFacts>();
  facts->disk = disk;
  facts->sector_size = sector_size;
  Node node;
  node.type = &disk_struct();
  node.space = std::move(disk);
  node.facts = std::move(facts);
  return node;
}

Node open_disk(SpacePtr disk, const VolumeChoice &choice) {
  Node node;
  node.type = &disk_struct();
  node.space = disk;
  auto facts = std::make_shared<DiskFacts>(survey(disk, node.notes));
  facts->chosen = chosen_partition(*facts, choice);
  node.facts = std::move(facts);
  return node;
}

void each_volume(const Node &root, const DiskVisitor &visitor) {
  auto as_far_as_it_goes = [&](auto each, const Node &holder, auto take) {
    try {
      each(holder, [&](const Node &node) {
        take(node);
        return true;
      });
    } catch (const Damage &damage) { visitor.damage(damage); }
  };
  for (auto each : {visit_mbr, visit_ebrs, visit_gpt}) as_far_as_it_goes(each, root, visitor.table);
  std::span<const Format> all = all_formats();
  auto below = [&](const Node &holder) {
    for (const Format &format : all)
      as_far_as_it_goes(edge_named(*holder.type, format.type->name)->each, holder,
                        [&](const Node &node) { visitor.volume(format, node); });
  };
  const DiskFacts &known = facts(root);
  if (!known.chosen && !known.partitions.empty()) as_far_as_it_goes(visit_parts, root, below);
  else below(root);
}

bool looks_like_a_disk(const Node &root) {
  const DiskFacts &facts = facts_of<DiskFacts>(root);
  // An MBR whose table is empty or senseless leads nowhere, but its signature says that this is a disk.
  bool signed_sector = facts.disk->size() >= 512 && number(mbr_of(root), "signature") == 0xaa55;
  return facts.chosen || signed_sector || facts.has_gpt ||
         std::ranges::any_of(facts.whole.signs, [](Sign sign) { return sign != Sign::none; });
}

} // namespace lab
