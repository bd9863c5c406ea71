// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a boot sector says about the volume, decoded and checked.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// The sizes and places that follow from one boot sector.
struct Shape {
  u64 sector_bytes = 0;
  u64 sectors_per_cluster = 0;
  u64 cluster_bytes = 0;
  u64 record_bytes = 0;
  u64 index_block_bytes = 0;
  u64 total_sectors = 0;
  u64 mft_lcn = 0;
  u64 mirror_lcn = 0;
};

/// A block whose update sequence array ends before its first stride does has at most 64 KiB.
constexpr u64 largest_block = 64 * 1024;

/// Damage that names the field whose value cannot be.
Shape shape_of(const Node &boot);

/// True if the sector carries the OEM id "NTFS    ".
bool has_oem_id(const Node &boot);

Node boot_at(const Node &volume, const char *name, u64 at);

} // namespace lab::ntfs
