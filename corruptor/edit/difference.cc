// SPDX-License-Identifier: GPL-2.0-or-later
//
// The first disk's tables explain the bytes. A field that differs is shown with both values, wherever its bytes
// are; what no row knows is shown as a range, and passed over in one step: two pictures differ in a million
// places and it is one difference.
#include "edit/difference.h"

#include <algorithm>

#include <fmt/format.h>

#include "edit/parts.h"

namespace lab {

namespace {

constexpr u64 sector = 512;
constexpr u64 chunk = 1 << 20;
constexpr u64 stride = 256 << 10; // of each disk at a time

/// What another disk has at the places of a space.
class ElsewhereSpace : public Space {
public:
  ElsewhereSpace(SpacePtr places, const Space &disk) : places(std::move(places)), disk(disk) {}

  u64 size() const override { return places->size(); }
  void read(u64 at, std::span<u8> out) const override {
    u64 done = 0;
    for (const Extent &extent : places->locate(at, out.size())) {
      disk.read(extent.at, out.subspan(done, extent.length));
      done += extent.length;
    }
  }
  std::vector<Extent> locate(u64 at, u64 length) const override { return places->locate(at, length); }
  std::optional<Extent> offset_of(u64 on_root) const override { return places->offset_of(on_root); }

private:
  SpacePtr places;
  const Space &disk;
};

/// "the copy of ntfs.boot", if the node is in a copy, or has one.
std::string copy_note(const Node &node) {
  for (const Node *n = &node; n->parent; n = n->parent.get())
    for (const Mirror &mirror : n->parent->type->mirrors) {
      Step edge = parse_path(mirror.edge).steps[0], copy = parse_path(mirror.copy).steps[0];
      std::string name = n->name.substr(0, n->name.find('[')), key = n->name.substr(name.size());
      if (copy.name != name || (copy.key.is == Key::number && keyed(copy.name.c_str(), copy.key.index) != n->name)) continue;
      return "the copy of " + path_of(*n->parent) + "." + (edge.key.is == Key::number ? std::string(mirror.edge) : edge.name + key);
    }
  return "";
}

std::string note_for(const Target &target) {
  if (target.field)
    for (const Seal &seal : target.node.type->seals)
      if (same(seal.field, target.field->name)) return "a sum";
  return copy_note(target.node);
}

class Comparison {
public:
  Comparison(const Node &root, const Space &before, const Space &after, const std::function<void(const Difference &)> &visit)
      : root(root), whose(root), before(before), after(after), visit(visit) {}

  void look_at(Extent run) {
    for (u64 at = std::max(run.at, explained); at < run.end();) {
      if (!is_explained(at) && byte(before, at) != byte(after, at)) at = explain(at);
      else at++;
    }
  }

private:
  static u8 byte(const Space &space, u64 at) { return bytes_at(space, at, 1)[0]; }

  bool is_explained(u64 at) const {
    return std::ranges::any_of(pieces, [&](const Extent &piece) { return at >= piece.at && at < piece.end(); });
  }

  /// Returns where to go on.
  u64 explain(u64 at) {
    std::vector<Owner> owners = whose(at);
    const Owner &owner = owners[0];
    std::erase_if(pieces, [&](const Extent &piece) { return piece.end() <= at; });
    bool known = false;
    for (const Owner &one : owners) { // rows of one structure may share the byte
      if (!one.target.field || one.target.node.type != owner.target.node.type) continue;
      Difference field{{at, 0}, one.target, one.file, note_for(one.target), "", "", {}, {}};
      if (!explain_field(field)) continue;
      for (const Extent &extent : extents_of(one.target)) pieces.push_back(extent);
      visit(field);
      known = true;
    }
    if (known) return at + 1;
    Difference found{{at, owner.extent.length}, owner.target, owner.file, note_for(owner.target), "", "", {}, {}};
    found.target.field = nullptr;
    if (!found.target.range) found.target = {root, nullptr, 0, found.extent};
    found.after = fmt::format("{} of {} bytes", differing_in(found.extent), found.extent.length);
    visit(found);
    return explained = found.extent.end();
  }

  bool explain_field(Difference &found) {
    const Target &target = found.target;
    try {
      Node there = target.node;
      there.space = std::make_shared<ElsewhereSpace>(target.node.space, after);
      if (ranges_of(there, *target.field, target.index) != ranges_of(target.node, *target.field, target.index)) return false;
      found.extent = extents_of(target)[0];
      found.old_bits = gather(target.node, *target.field, target.index);
      found.new_bits = gather(there, *target.field, target.index);
      found.before = described(*target.field, decode(target.field->kind, found.old_bits));
      found.after = described(*target.field, decode(target.field->kind, found.new_bits));
      return found.old_bits != found.new_bits;
    } catch (const Error &) {
      return false; // its place hangs on what differs
    }
  }

  u64 differing_in(Extent range) const {
    u64 count = 0;
    for (u64 at = range.at; at < range.end(); at += chunk) {
      u64 length = std::min(chunk, range.end() - at);
      Bytes x = bytes_at(before, at, length), y = bytes_at(after, at, length);
      for (u64 i = 0; i < length; i++) count += x[i] != y[i];
    }
    return count;
  }

  const Node &root;
  const Whose whose;
  const Space &before, &after;
  const std::function<void(const Difference &)> &visit;
  u64 explained = 0;          ///< everything before
  std::vector<Extent> pieces; ///< of fields that were visited
};

} // namespace

Extent all_of(const Space &before, const Space &after) {
  if (before.size() != after.size())
    throw Misuse(fmt::format("the disks differ in size: {} and {} bytes", before.size(), after.size()));
  return {0, before.size()};
}

void each_differing(const Space &before, const Space &after, Extent range, const std::function<void(Extent)> &visit) {
  Bytes x(std::min(stride, range.length)), y(x.size());
  for (u64 at = range.at; at < range.end();) {
    Stretch left = before.stretch(at, range.end() - at), right = after.stretch(at, range.end() - at);
    if (left.zero && right.zero) {
      at += std::min(left.length, right.length);
      continue;
    }
    u64 length = std::min(stride, std::max(left.length, right.length));
    before.read(at, std::span(x).first(length));
    after.read(at, std::span(y).first(length));
    for (u64 i = 0; i < length; i += sector) {
      u64 end = std::min(i + sector, length), first = i;
      if (std::equal(&x[i], &x[i] + (end - i), &y[i])) continue;
      while (x[first] == y[first]) first++;
      while (x[end - 1] == y[end - 1]) end--;
      visit({at + first, end - first});
    }
    at += length;
  }
}

void each_difference(const Node &root, const Space &before, const Space &after, Extent range,
                     const std::function<void(const Difference &)> &visit) {
  Comparison comparison(root, before, after, visit);
  each_differing(before, after, range, [&](Extent run) { comparison.look_at(run); });
}

} // namespace lab
