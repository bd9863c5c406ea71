// SPDX-License-Identifier: GPL-2.0-or-later
//
// Compressed streams as programs read them. They are no bytes of the disk, so nothing can be edited here.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// What a compressed stream holds, unit by unit as it is read. Damage where a unit cannot be unpacked.
SpacePtr unpacked_content(const Node &attribute);

/// The first `size` bytes that a compression unit stands for, zeroes behind its last chunk. Damage if a chunk leaves the
/// unit, or refers to what is before its own start.
Bytes unpacked(std::span<const u8> stored, u64 size);

} // namespace lab::ntfs
