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

SpacePtr space_of(const SpacePtr &disk, const Partition &partition) {
  return slice_of(disk, partition.place.at, partition.place.length);
}

Sign sign(const DiskFacts &facts, const Partition &partition, const Format &format) {
  if (partition.place.at >= facts.disk->size()) return Sign::none;
  return format.recognise(space_of(facts.disk, partition), facts.sector_size);
}

Sign strongest_sign(const DiskFacts &facts, const Partition &partition) {
  Sign strongest = Sign::none;
  for (const Format &format : all_formats()) strongest = std::max(strongest, sign(facts, partition, format));
  return strongest;
}

Node open_volume(const Node &parent, const Partition &partition, const Format &format) {
  const DiskFacts &facts = facts_of<DiskFacts>(parent);
  return format.open(parent, space_of(facts.disk, partition), facts.sector_size);
}

/// The label of the volume, if it has one and it can be read.
std::string label(const Node &volume) {
  const Field *field = field_named(*volume.type, "label");
  if (!field) return "";
  try {
    return std::get<std::string>(value_of(volume, *field));
  } catch (const Damage &) {
    return "";
  }
}

std::string described(const Node &disk, const Partition &partition, const Format *format) {
  std::string text = fmt::format("\n  {}  at {}  {}  type {}", partition.number, hex_offset(partition.place.at),
                                 human_size(partition.place.length), partition.type);
  std::string name = format ? label(open_volume(disk, partition, *format)) : "";
  return name.empty() ? text : text + "  label " + name;
}

std::string list(const Node &disk, const std::vector<Partition> &partitions, const Format *format) {
  std::string text;
  for (const Partition &partition : partitions) text += described(disk, partition, format);
  return text;
}

} // namespace

std::vector<Partition> places_for_volumes(const DiskFacts &facts) {
  if (!facts.partitions.empty()) return facts.partitions;
  return {{0, {0, facts.disk->size()}, 0, "whole disk", ""}};
}

Fit fit(const DiskFacts &facts, const Partition &partition, const Format &format) {
  Sign strongest = strongest_sign(facts, partition);
  if (strongest != Sign::none)
    return sign(facts, partition, format) == strongest ? Fit::recognised : Fit::none;
  bool announced = std::ranges::find(format.mbr_types, partition.mbr_type) != format.mbr_types.end();
  return announced ? Fit::announced : Fit::none;
}

std::optional<Node> volume_in(const Node &parent, const Partition &partition, const Format &format) {
  const DiskFacts &facts = facts_of<DiskFacts>(parent);
  bool other = sign(facts, partition, format) == Sign::none &&
               strongest_sign(facts, partition) != Sign::none;
  if (other) return std::nullopt;
  return open_volume(parent, partition, format);
}

std::vector<Partition> candidates(const Node &disk, const Format &format) {
  const DiskFacts &facts = facts_of<DiskFacts>(disk);
  std::vector<Partition> places = places_for_volumes(facts);
  if (facts.chosen) places = {*facts.chosen};
  std::erase_if(places, [&](const Partition &place) { return fit(facts, place, format) == Fit::none; });
  return places;
}

Node only_volume(const Node &disk, const Format &format) {
  const DiskFacts &facts = facts_of<DiskFacts>(disk);
  const char *name = format.type->name;
  if (facts.chosen) {
    if (std::optional<Node> volume = volume_in(disk, *facts.chosen, format)) return *volume;
    throw Misuse(fmt::format("the chosen volume is not {}:{}", name, described(disk, *facts.chosen, nullptr)));
  }
  std::vector<Partition> found = candidates(disk, format);
  if (found.size() == 1) return open_volume(disk, found[0], format);
  if (found.empty())
    throw Misuse(fmt::format("no {} volume is recognised on the disk; name its place with --volume, a partition's number "
                             "or offset=...; there are:{}",
                             name, list(disk, places_for_volumes(facts), nullptr)));
  throw Misuse(fmt::format("several {} volumes are on the disk; choose one with --volume and its number:{}", name,
                           list(disk, found, &format)));
}

} // namespace lab
