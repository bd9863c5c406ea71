// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which volume does `ntfs` mean on a disk that has several? The caller's choice if there is one, else
// the only one that fits. A volume fits by what lies there; when its boot sectors are gone, by the
// partition's type, unless some other format recognises itself there. What was on the partition before
// often survives in places that the new format does not use, so the strongest sign wins.
#include <algorithm>

#include <fmt/format.h>

#include "device/mapped.h"
#include "formats/disk/disk.h"
#include "schema/value.h"

namespace lab {

namespace {

SpacePtr space_of(const DiskFacts &facts, Extent place) {
  return slice_of(facts.disk, place.at, place.length);
}

Sign strongest_sign(const Partition &partition) {
  return partition.signs.empty() ? Sign::none : std::ranges::max(partition.signs);
}

Sign sign(const Partition &partition, size_t format) {
  return partition.signs.empty() ? Sign::none : partition.signs[format];
}

Node open_volume(const Node &parent, const Partition &partition, size_t format) {
  const DiskFacts &facts = facts_of<DiskFacts>(parent);
  return all_formats()[format].open(parent, space_of(facts, partition.place), facts.sector_size);
}

/// The label of the volume, if it has one and it can be read.
std::string label(const Node &volume) {
  const Field *field = field_named(*volume.type, "label");
  if (!field) return "";
  try {
    return std::get<std::string>(value_of(volume, *field));
  } catch (const Damage &) { return ""; }
}

std::string described(const Partition &partition) {
  return fmt::format("\n  {}  at {}  {}  type {}", partition.number, hex_offset(partition.place.at),
                     human_size(partition.place.length), partition.type);
}

} // namespace

std::vector<Sign> signs_in(const DiskFacts &facts, Extent place) {
  if (place.at >= facts.disk->size()) return {};
  std::vector<Sign> signs;
  for (const Format &format : all_formats())
    signs.push_back(format.recognise(space_of(facts, place), facts.sector_size));
  return signs;
}

std::vector<Partition> places_for_volumes(const DiskFacts &facts) {
  return facts.partitions.empty() ? std::vector{facts.whole} : facts.partitions;
}

Fit fit(const Partition &partition, size_t format) {
  Sign strongest = strongest_sign(partition);
  if (strongest != Sign::none) return sign(partition, format) == strongest ? Fit::recognised : Fit::none;
  std::span<const u8> types = all_formats()[format].mbr_types;
  return std::ranges::find(types, partition.mbr_type) != types.end() ? Fit::announced : Fit::none;
}

std::optional<Node> volume_in(const Node &parent, const Partition &partition, size_t format) {
  bool is_another = sign(partition, format) == Sign::none && strongest_sign(partition) != Sign::none;
  if (is_another) return std::nullopt;
  return open_volume(parent, partition, format);
}

std::vector<Partition> candidates(const Node &disk, size_t format) {
  const DiskFacts &facts = facts_of<DiskFacts>(disk);
  std::vector<Partition> places = facts.chosen ? std::vector{*facts.chosen} : places_for_volumes(facts);
  std::erase_if(places, [&](const Partition &place) { return fit(place, format) == Fit::none; });
  return places;
}

Node only_volume(const Node &disk, size_t format) {
  const DiskFacts &facts = facts_of<DiskFacts>(disk);
  const char *name = all_formats()[format].type->name;
  std::string list;
  if (facts.chosen) {
    if (std::optional<Node> volume = volume_in(disk, *facts.chosen, format)) return *volume;
    throw Misuse(fmt::format("the chosen volume is not {}:{}", name, described(*facts.chosen)));
  }
  std::vector<Partition> found = candidates(disk, format);
  if (found.size() == 1) return open_volume(disk, found[0], format);
  if (found.empty()) {
    for (const Partition &partition : places_for_volumes(facts)) list += described(partition);
    throw Misuse(fmt::format("no {} volume is recognised on the disk; name its place with --volume, "
                             "a partition's number or offset=...; there are:{}",
                             name, list));
  }
  for (const Partition &partition : found) {
    std::string named = label(open_volume(disk, partition, format));
    list += described(partition) + (named.empty() ? "" : "  label " + named);
  }
  throw Misuse(fmt::format("several {} volumes are on the disk; choose one with --volume and its number:{}",
                           name, list));
}

} // namespace lab
