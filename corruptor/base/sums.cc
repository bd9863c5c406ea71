// SPDX-License-Identifier: GPL-2.0-or-later
//
// All of these but the CRCs rotate the sum before each byte or word is added.
#include "base/sums.h"

#include <array>
#include <bit>

#include <nettle/sha2.h>
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

u32 security_hash(std::span<const u8> descriptor) {
  u32 sum = 0;
  for (size_t i = 0; i + 4 <= descriptor.size(); i += 4) {
    u32 word = descriptor[i] | descriptor[i + 1] << 8 | descriptor[i + 2] << 16 |
               static_cast<u32>(descriptor[i + 3]) << 24;
    sum = std::rotl(sum, 3) + word;
  }
  return sum;
}

/// What the eight steps of a byte add to a CRC-64.
static constexpr auto crc64_steps = [] {
  std::array<u64, 256> table{};
  for (u64 byte = 0; byte < 256; byte++) {
    u64 sum = byte;
    for (int bit = 0; bit < 8; bit++) sum = sum & 1 ? sum >> 1 ^ 0x9a6c9329ac4bc9b5 : sum >> 1;
    table[byte] = sum;
  }
  return table;
}();

u64 crc64(std::span<const u8> bytes) {
  u64 sum = ~u64{0};
  for (u8 byte : bytes) sum = sum >> 8 ^ crc64_steps[(sum ^ byte) & 0xff];
  return ~sum;
}

struct Sha256::Context : sha256_ctx {};

Sha256::Sha256() : context(std::make_unique<Context>()) { sha256_init(context.get()); }
Sha256::~Sha256() = default;

void Sha256::add(std::span<const u8> bytes) { sha256_update(context.get(), bytes.size(), bytes.data()); }

std::string Sha256::hex() {
  Bytes digest(SHA256_DIGEST_SIZE);
  sha256_digest(context.get(), digest.size(), digest.data());
  return lab::hex(digest);
}

} // namespace lab
