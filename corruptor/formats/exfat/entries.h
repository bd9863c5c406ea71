// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a slot of a directory is, by its first byte.
#pragma once

#include "schema/struct.h"

namespace lab::exfat {

constexpr u64 slot_bytes = 32;

/// Entry types of a deleted entry have bit 7 clear; otherwise they stay as they were.
constexpr u8 in_use = 0x80;
constexpr u8 secondary = 0x40;

enum Type : u8 {
  end_type = 0x00,
  bitmap_type = 0x81,
  upcase_type = 0x82,
  label_type = 0x83,
  file_type = 0x85,
  guid_type = 0xa0,
  padding_type = 0xa1,
  stream_type = 0xc0,
  name_type = 0xc1,
  vendor_type = 0xe0,
  vendor_allocation_type = 0xe1,
  acl_type = 0xe2,
};

/// The table of a slot with this first byte, deleted or not.
const Struct &struct_of_type(u8 type);

} // namespace lab::exfat
