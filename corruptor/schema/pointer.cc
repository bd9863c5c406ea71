// SPDX-License-Identifier: GPL-2.0-or-later
//
// A unit gives the place of a number; the inverse is a search, because places grow with their numbers nearly
// always, and where they do not (the records of a fragmented table) all are asked.
#include "schema/pointer.h"

#include <algorithm>

#include <fmt/format.h>

#include "device/mapped.h"

namespace lab {

namespace {

constexpr Struct pointed_struct = {"bytes", "what a number points to", 0};

std::optional<Counted> unit_around(const Node &node, std::string_view name) {
  for (const Node *owner = &node; owner; owner = owner->parent.get())
    for (const Unit &unit : owner->type->units)
      if (name == unit.name) return Counted{&unit, owner};
  return std::nullopt;
}

u64 value_as_number(const Target &target) {
  Value value = value_of(target.node, *target.field, target.index);
  if (const u64 *uint = std::get_if<u64>(&value)) return *uint;
  if (const i64 *sint = std::get_if<i64>(&value)) return static_cast<u64>(*sint);
  throw Misuse(path_of(target) + " holds no number");
}

/// True if number n begins at or before `at`; numbers without a place (clusters 0 and 1 of FAT) come first.
bool begins_before(const Counted &counted, u64 n, u64 at) {
  try {
    return counted.unit->place(*counted.owner, n).at <= at;
  } catch (const Damage &) {
    return true;
  }
}

bool holds(const Counted &counted, u64 n, u64 at) {
  try {
    Place place = counted.unit->place(*counted.owner, n);
    return at >= place.at && at - place.at < place.length;
  } catch (const Damage &) {
    return false;
  }
}

/// The edge whose children are files by their path.
const Edge *files_of(const Node &volume) {
  for (const Edge &edge : volume.type->edges)
    if (std::string_view(edge.keys).find("[\"/") != std::string_view::npos) return &edge;
  return nullptr;
}

/// What a number means that points to a file: the file itself, where such are counted, or else its first byte.
Target place_of_file(const Counted &counted, const std::string &file) {
  const Node &volume = *counted.owner;
  const Edge *files = files_of(volume);
  if (!files) throw Misuse(path_of(volume) + " has no files, so '" + file + "' means nothing here");
  Node node = follow(volume, {files->name, {Key::text, 0, file}});
  if (counted.unit->there) return {node, nullptr, 0, std::nullopt};
  if (!edge_named(*node.type, "content")) node = follow(node, {"data", {}});
  return {follow(node, {"content", {}}), nullptr, 0, std::nullopt};
}

/// A path from the volume may leave out the number of a list's first member: "mft".
Target target_named(const Node &root, const Node &volume, const std::string &text) {
  Path path = parse_path(text);
  bool from_volume = !path.steps.empty() && edge_named(*volume.type, path.steps[0].name);
  if (!from_volume) return resolve(root, path);
  const Edge &edge = *edge_named(*volume.type, path.steps[0].name);
  if (edge.keys[0] && path.steps[0].key.is == Key::none) path.steps[0].key = {Key::number, 0, ""};
  return resolve(volume, path);
}

} // namespace

Counted counted(const Node &node, std::string_view name) {
  if (std::optional<Counted> found = unit_around(node, name)) return *found;
  std::string known;
  for (const Node *owner = &node; owner; owner = owner->parent.get())
    for (const Unit &unit : owner->type->units) known += fmt::format("{}{}", known.empty() ? "" : ", ", unit.name);
  throw Misuse(fmt::format("nothing around {} is counted in '{}'; known: {}", path_of(node), name, known));
}

std::optional<Place> place_of(const Target &target) {
  std::optional<Counted> what = unit_around(target.node, target.field->unit);
  if (!what) return std::nullopt;
  return what->unit->place(*what->owner, value_as_number(target));
}

Node pointed(const Target &target) {
  if (!*target.field->unit)
    throw Misuse(path_of(target) + " counts nothing, so there is nothing to follow it to");
  Counted what = counted(target.node, target.field->unit);
  u64 n = value_as_number(target);
  if (what.unit->there) return what.unit->there(*what.owner, n);
  Place place = what.unit->place(*what.owner, n);
  Node node = child(target.node, pointed_struct,
                    (target.field->array ? keyed(target.field->name, target.index) : std::string(target.field->name)) + "->",
                    slice_of(what.owner->space, place.at, place.length), 0);
  return node;
}

u64 number_at(const Counted &counted, u64 on_disk) {
  std::optional<Extent> here = counted.owner->space->offset_of(on_disk);
  u64 limit = counted.unit->limit(*counted.owner);
  if (here && limit > 0) {
    u64 low = 0, high = limit - 1;
    while (low < high) {
      u64 middle = low + (high - low + 1) / 2;
      if (begins_before(counted, middle, here->at)) low = middle;
      else high = middle - 1;
    }
    if (holds(counted, low, here->at)) return low;
    for (u64 n = 0; counted.unit->there && n < limit; n++)
      if (holds(counted, n, here->at)) return n;
  }
  throw Misuse(fmt::format("no {} of {} is at {}", counted.unit->name, path_of(*counted.owner), hex_offset(on_disk)));
}

u64 number_for(const Node &root, const Target &target, const std::string &place) {
  if (!*target.field->unit)
    throw Misuse(path_of(target) + " counts nothing, so 'at' means nothing; give a number");
  Counted what = counted(target.node, target.field->unit);
  if (place == "last") return what.unit->limit(*what.owner) - 1;
  if (place == "free") {
    std::optional<u64> unused = what.unit->unused ? what.unit->unused(*what.owner) : std::nullopt;
    if (unused) return *unused;
    throw Misuse(fmt::format("no {} of {} is known to be free", what.unit->name, path_of(*what.owner)));
  }
  Target there{target.node, nullptr, 0, std::nullopt};
  if (place.starts_with('/')) there = place_of_file(what, place);
  else if (place != "self") there = target_named(root, *what.owner, place);
  std::vector<Extent> extents = extents_of(there);
  if (extents.empty()) throw Misuse(path_of(there) + " is nowhere on the disk");
  return number_at(what, extents[0].at);
}

} // namespace lab
