// SPDX-License-Identifier: GPL-2.0-or-later
//
// All of these but the CRC rotate the sum by one bit to the right before each byte is added.
#include "base/sums.h"

#include <bit>

#include <zlib.h>

namespace lab {

u32 crc32(std::span<const u8> bytes) { return static_cast<u32>(::crc32_z(0, bytes.data(), bytes.size())); }

u32 exfat_boot_sum(std::span<const u8> sectors) {
  u32 sum = 0;
  for (size_t i = 0; i < sectors.size(); i++)
    if (i != 106 && i != 107 && i != 112) sum = std::rotr(sum, 1) + sectors[i];
  return sum;
}

u16 exfat_entry_set_sum(std::span<const u8> entries) {
  u16 sum = 0;
  for (size_t i = 0; i < entries.size(); i++)
    if (i != 2 && i != 3) sum = static_cast<u16>(std::rotr(sum, 1) + entries[i]);
  return sum;
}

u32 exfat_upcase_sum(std::span<const u8> table) {
  u32 sum = 0;
  for (u8 byte : table) sum = std::rotr(sum, 1) + byte;
  return sum;
}

u16 exfat_name_hash(std::span<const u8> name) {
  u16 hash = 0;
  for (u8 byte : name) hash = static_cast<u16>(std::rotr(hash, 1) + byte);
  return hash;
}

u8 short_name_sum(std::span<const u8> name) {
  u8 sum = 0;
  for (u8 byte : name) sum = static_cast<u8>(std::rotr(sum, 1) + byte);
  return sum;
}

} // namespace lab
