// SPDX-License-Identifier: GPL-2.0-or-later
//
// Integers by width, bytes, and hexadecimal: the few words that every other file uses.
// Sizes and offsets are u64 throughout: a disk may be larger than 2 TiB.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lab {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;
using Bytes = std::vector<u8>;

/// A run of bytes: `at` bytes from the start of some space, `length` bytes long.
struct Extent {
  u64 at = 0;
  u64 length = 0;
  u64 end() const { return at + length; }
  bool operator==(const Extent &) const = default;
};

/// Lower-case hexadecimal digits, two a byte, without separators.
std::string hex(std::span<const u8> bytes);

/// The inverse of `hex`; spaces are skipped. Throws Misuse on anything that is no hexadecimal digit.
Bytes unhex(std::string_view digits);

/// A size in words: "512 B", "64 KiB", "1.5 GiB".
std::string human_size(u64 bytes);

/// `0x` and lower-case digits, the way all messages print an offset.
std::string hex_offset(u64 at);

} // namespace lab
