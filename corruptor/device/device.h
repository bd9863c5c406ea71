// SPDX-License-Identifier: GPL-2.0-or-later
//
// One idea for everything that moves bytes. A Space is a linear run of bytes that lives, in pieces,
// in a parent space: a partition in a disk, a file's clusters in a volume, a record behind its
// fixups in the $MFT. A Device is a root space, which can also be written. `locate` composes the
// maps, so whoever holds a space can say where on the disk a byte is.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"

namespace lab {

/// A stretch of a space that is alike: `zero` means known, without reading, to read as zeroes.
struct Stretch {
  u64 length = 0;
  bool zero = false;
};

class Space {
 public:
  virtual ~Space() = default;

  /// Bytes from start to end.
  virtual u64 size() const = 0;

  /// Fills `out` from offset `at`. Damage if the range leaves the space or has no bytes on disk
  /// (a hole, a compressed unit); IoError if the medium fails.
  virtual void read(u64 at, std::span<u8> out) const = 0;

  /// The places on the root space of [at, at + length), in order. Damage as for `read`.
  virtual std::vector<Extent> locate(u64 at, u64 length) const = 0;

  /// The inverse: where in this space byte `on_root` of the root space is, and how many bytes go on from there
  /// in both alike. None if it is not here.
  virtual std::optional<Extent> offset_of(u64 on_root) const = 0;

  /// The space whose bytes these are, where this one only reads them in another way (a cache).
  virtual const Space *origin() const { return this; }

  /// The stretch that begins at `at` and is no longer than `most`: lets holes be skipped unread.
  virtual Stretch stretch(u64 at, u64 most) const { return {std::min(most, size() - at), false}; }
};

using SpacePtr = std::shared_ptr<const Space>;

/// A root space that can be written. Only edit/apply.cc calls the last three.
class Device : public Space {
 public:
  std::vector<Extent> locate(u64 at, u64 length) const override;
  std::optional<Extent> offset_of(u64 on_root) const override;

  virtual void write(u64 at, std::span<const u8> data) = 0;
  virtual void zero(u64 at, u64 length) = 0; ///< reads as zeroes afterwards; allocation is kept
  virtual void flush() = 0;
};

/// [at, at + length) lies inside a space of `size` bytes, or Damage.
void check_range(u64 at, u64 length, u64 size);

/// `length` bytes of `space` from `at`. For structures; large ranges are streamed with `read`.
Bytes bytes_at(const Space &space, u64 at, u64 length);

/// Calls `visit(at, chunk)` over [at, at + length) in chunks of at most `chunk_size` bytes, and
/// leaves out what is known to be zero. Memory stays bounded whatever the length.
void each_chunk(const Space &space, Extent range, const std::function<void(u64, std::span<const u8>)> &visit,
                u64 chunk_size = 1 << 20);

} // namespace lab
