// SPDX-License-Identifier: GPL-2.0-or-later
//
// Numbers that lead somewhere. A field says what it counts (cluster, sector, record), and a structure above it
// says where number n of that begins; so what a number points to can be followed, and the number that points
// to a given place can be found, without a word about any format.
#pragma once

#include "schema/path.h"

namespace lab {

/// A unit, and the structure that says what it means here.
struct Counted {
  const Unit *unit = nullptr;
  const Node *owner = nullptr; ///< above the node that was asked for; lives as long as that
};

/// What `name` counts around `node`; Misuse, with the units that are known there, if nothing.
Counted counted(const Node &node, std::string_view name);

/// Where the number in a field leads. Damage if it leads out of its volume; none if the field counts nothing.
std::optional<Place> place_of(const Target &target);

/// The structure that a field's number leads to: what the unit knows to be there, or plain bytes.
Node pointed(const Target &target);

/// The number whose place holds the byte. Misuse if none does.
u64 number_at(const Counted &counted, u64 on_disk);

/// The number that means `place` here: "self" (the structure that `target` is in), "free", "last", "/a/file" (its
/// first cluster), or a path, from the volume or from the disk ("boot", "mft", "ntfs.mft[5].data.content").
u64 number_for(const Node &root, const Target &target, const std::string &place);

} // namespace lab
