// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all records together know, whose each cluster is and who has a name, is asked for by reading $MFT once from its
// first record to its last, in large pieces. A node for each attribute would take a hundred times as long.
#pragma once

#include <functional>

#include "formats/ntfs/geometry.h"

namespace lab::ntfs {

/// An attribute as its record holds it, behind the fixups, up to the end of the attribute or of the record; in memory
/// there are fixed_slack bytes more.
struct StoredAttribute {
  u64 file; ///< the number of the file's first record
  std::span<const u8> bytes;
};

/// Visits the attributes of all records in use, in the order in which they are stored. Of a record that is damaged, those
/// before the damage.
void each_stored_attribute(const Geometry &geometry, const std::function<void(const StoredAttribute &)> &visit);

} // namespace lab::ntfs
