// SPDX-License-Identifier: GPL-2.0-or-later
//
// A space made of pieces of another: a partition (one piece), a file (one piece a run), a FILE
// record whose stride tails really live in the update sequence array (two pieces a stride). A piece
// without a place is a hole: it has a length but no bytes on the disk.
#pragma once

#include <optional>

#include "device/device.h"

namespace lab {

/// `length` bytes, found in the parent at `parent_at`; none for a hole. `reads_as_zero` tells a
/// sparse hole, which reads as zeroes, from a compressed one, which cannot be read at all.
struct Piece {
  u64 length = 0;
  std::optional<u64> parent_at;
  bool reads_as_zero = true;
};

class MappedSpace : public Space {
 public:
  /// The pieces follow one another from offset 0. Pieces beyond the parent's end are accepted;
  /// reading there is Damage, as on the disk itself.
  MappedSpace(SpacePtr parent, std::vector<Piece> pieces);

  u64 size() const override { return total; }
  void read(u64 at, std::span<u8> out) const override;
  std::vector<Extent> locate(u64 at, u64 length) const override; ///< Damage over a hole
  std::optional<Extent> offset_of(u64 on_root) const override;
  Stretch stretch(u64 at, u64 most) const override;

 private:
  friend bool is_slice(const Space &space, const Space &parent, u64 at);

  struct Placed {
    u64 at;
    Piece piece;
  };
  const Placed &piece_at(u64 at) const;

  SpacePtr parent;
  std::vector<Placed> placed;
  u64 total = 0;
};

/// The one-piece case: `length` bytes of `parent` from `at`.
SpacePtr slice_of(SpacePtr parent, u64 at, u64 length);

/// True if `space` is nothing but `parent`'s own bytes from `at` on, so that it need not be read to
/// know that it equals them.
bool is_slice(const Space &space, const Space &parent, u64 at);

} // namespace lab
