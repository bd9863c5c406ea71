// SPDX-License-Identifier: GPL-2.0-or-later
//
// Blocks that are protected by fixups, read as what they mean instead of what is stored.
#pragma once

#include "device/mapped.h"
#include "schema/struct.h"

namespace lab::ntfs {

/// A protected block: `raw` as it is stored, `space` with each stride's last word where it really is.
struct Block : Facts {
  SpacePtr raw;
  SpacePtr space;
  std::vector<std::string> notes;
};

/// Where the fixups cannot be followed, `space` is `raw` and a note says why. Damage if the block
/// cannot be read at all.
std::shared_ptr<const Block> block_of(SpacePtr raw);

/// Where in a stored block the bytes of the block that it means are; where they are if its fixups cannot
/// be followed.
std::vector<Piece> pieces_behind_fixups(const Bytes &stored);

/// Puts the words back that the fixups of a block in memory hold. What is wrong with them, or empty.
std::string undo_fixups(std::span<u8> block);

/// A node over the block, whose `fixup` child shows the stored words.
Node block_node(const Node &parent, const Struct &type, std::string name, SpacePtr raw);

std::optional<Node> fixup_of(const Node &block, const Key &);

u64 expected_tail(const Node &block);
std::vector<Extent> protected_by_fixups(const Node &block);

/// Of every protected block. An edit goes behind the fixups, so the tails are right all the same: `recompute` and
/// `stale` give the same bytes, `broken` tears the block.
inline constexpr Seal fixup_seals[] = {
    {"tail", expected_tail, protected_by_fixups, "every stride ends in the update sequence number", "fixup"}};

} // namespace lab::ntfs
