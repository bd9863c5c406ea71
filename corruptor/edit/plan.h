// SPDX-License-Identifier: GPL-2.0-or-later
//
// A plan is what will be written: where, what is there now, what comes there, and why. It is made
// without touching the image, printed and reviewed like a patch, and kept in the journal, from which
// undo reads it backwards. Patches are disk offsets, so nothing from here on knows any format.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "device/device.h"

namespace lab {

/// `before` and `after` are spaces of `length` bytes. Small ones hold their bytes; large ones refer
/// to the image (before), to zeroes, or to another range, and are only ever streamed.
struct Patch {
  u64 at = 0;
  u64 length = 0;
  SpacePtr before;
  SpacePtr after;
  std::string why; ///< path and verb, e.g. "set ntfs.boot.mft_lcn"
};

/// What one edit did to one field or range, in words: for people, and for the plan's JSON.
struct Change {
  std::string path;            ///< the field, spelled in full: ntfs.boot.mft_lcn
  std::string verb;            ///< set, zero ...; "so" for a field that lies in a range; "sum ..." for a checksum
  std::string before;          ///< the old value as `get` prints it; a size for large ranges
  std::string after;           ///< the new value
  std::vector<Extent> extents; ///< where on the disk it is stored
};

/// By what a disk is known again: offsets of sectors and their CRC-32; see identity.h.
using Identity = std::vector<std::pair<u64, u32>>;

struct Plan {
  std::string name; ///< the scenario's name, or "set"
  u64 seed = 0;
  u64 size = 0; ///< of the disk, in bytes
  std::vector<Change> changes;
  std::vector<Patch> patches; ///< sorted by offset, without overlaps
  Identity identity{};        ///< of the disk that it was made for

  u64 bytes() const; ///< the sum of the patches' lengths
};

/// The patches that turn what `plan` leaves behind into what it found.
Plan inverse(const Plan &plan);

/// Patches of at most this many bytes are held and printed whole; larger ones are streamed.
constexpr u64 small_patch = 4096;

} // namespace lab
