// SPDX-License-Identifier: GPL-2.0-or-later
//
// Each request is cut at the borders of the pieces; what is left of it goes to the parent.
#include "device/mapped.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/checked.h"

namespace lab {

/// True if `next` goes on where `last` ends, on the disk too: then one piece will do.
static bool continues(const Piece &last, const Piece &next) {
  if (last.parent_at.has_value() != next.parent_at.has_value()) return false;
  if (!last.parent_at) return last.reads_as_zero == next.reads_as_zero;
  u64 end;
  return !__builtin_add_overflow(*last.parent_at, last.length, &end) && end == *next.parent_at;
}

MappedSpace::MappedSpace(SpacePtr parent, std::vector<Piece> pieces) : parent(std::move(parent)) {
  for (const Piece &piece : pieces) {
    if (piece.length == 0) continue;
    if (!placed.empty() && continues(placed.back().piece, piece))
      placed.back().piece.length += piece.length;
    else
      placed.push_back({total, piece});
    total = checked_add(total, piece.length, "the length of a space's pieces together");
  }
}

const MappedSpace::Placed &MappedSpace::piece_at(u64 at) const {
  auto after = std::ranges::upper_bound(placed, at, {}, &Placed::at);
  return *std::prev(after);
}

/// Where byte `inside` of `piece` lies in the parent; Damage if it has no place or leaves the parent.
static u64 place(const Piece &piece, u64 inside, u64 length, u64 at, const Space &parent) {
  if (!piece.parent_at) throw Damage(fmt::format("no bytes on disk at {}: it is a hole", hex_offset(at)), at);
  u64 start = checked_add(*piece.parent_at, inside, "the place of a piece");
  check_range(start, length, parent.size());
  return start;
}

void MappedSpace::read(u64 at, std::span<u8> out) const {
  check_range(at, out.size(), total);
  while (!out.empty()) {
    const Placed &here = piece_at(at);
    u64 inside = at - here.at;
    u64 length = std::min<u64>(out.size(), here.piece.length - inside);
    if (!here.piece.parent_at && here.piece.reads_as_zero)
      std::fill_n(out.begin(), length, u8{0});
    else
      parent->read(place(here.piece, inside, length, at, *parent), out.first(length));
    out = out.subspan(length);
    at += length;
  }
}

std::vector<Extent> MappedSpace::locate(u64 at, u64 length) const {
  check_range(at, length, total);
  std::vector<Extent> extents;
  while (length > 0) {
    const Placed &here = piece_at(at);
    u64 inside = at - here.at;
    u64 part = std::min(length, here.piece.length - inside);
    for (const Extent &extent : parent->locate(place(here.piece, inside, part, at, *parent), part)) {
      if (!extents.empty() && extents.back().end() == extent.at)
        extents.back().length += extent.length;
      else
        extents.push_back(extent);
    }
    at += part;
    length -= part;
  }
  return extents;
}

std::optional<Extent> MappedSpace::offset_of(u64 on_root) const {
  std::optional<Extent> in_parent = parent->offset_of(on_root);
  if (!in_parent) return std::nullopt;
  for (const Placed &here : placed) {
    if (!here.piece.parent_at || in_parent->at < *here.piece.parent_at) continue;
    u64 inside = in_parent->at - *here.piece.parent_at;
    if (inside < here.piece.length)
      return Extent{here.at + inside, std::min(in_parent->length, here.piece.length - inside)};
  }
  return std::nullopt;
}

Stretch MappedSpace::stretch(u64 at, u64 most) const {
  if (at >= total) return {};
  const Placed &here = piece_at(at);
  u64 inside = at - here.at;
  u64 length = std::min(most, here.piece.length - inside);
  if (!here.piece.parent_at) return {length, here.piece.reads_as_zero};
  u64 start;
  if (__builtin_add_overflow(*here.piece.parent_at, inside, &start) || start >= parent->size())
    return {length, false}; // reading it is the Damage
  return parent->stretch(start, length);
}

SpacePtr slice_of(SpacePtr parent, u64 at, u64 length) {
  return std::make_shared<MappedSpace>(std::move(parent), std::vector<Piece>{{length, at}});
}

bool is_slice(const Space &space, const Space &parent, u64 at) {
  const MappedSpace *mapped = dynamic_cast<const MappedSpace *>(&space);
  return mapped && mapped->parent->origin() == parent.origin() && mapped->placed.size() == 1 &&
         mapped->placed[0].piece.parent_at == at;
}

} // namespace lab
