// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes and sizes as people read them.
#include "base/bytes.h"

#include <array>

#include <fmt/format.h>

#include "base/error.h"

namespace lab {

std::string hex(std::span<const u8> bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (u8 byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

static int digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

Bytes unhex(std::string_view digits) {
  Bytes bytes;
  int high = -1;
  for (char digit : digits) {
    if (digit == ' ') continue;
    int value = digit_value(digit);
    if (value < 0) throw Misuse(fmt::format("'{}' in \"{}\" is no hexadecimal digit", digit, digits));
    if (high < 0) {
      high = value;
    } else {
      bytes.push_back(static_cast<u8>(high << 4 | value));
      high = -1;
    }
  }
  if (high >= 0) throw Misuse(fmt::format("\"{}\" has an odd number of hexadecimal digits", digits));
  return bytes;
}

std::string human_size(u64 bytes) {
  constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  size_t unit = 0;
  while (unit + 1 < units.size() && bytes >> (10 * (unit + 1)) != 0) unit++;
  u64 one = u64{1} << (10 * unit);
  if (bytes % one == 0) return fmt::format("{} {}", bytes / one, units[unit]);
  return fmt::format("{:.1f} {}", static_cast<double>(bytes) / static_cast<double>(one), units[unit]);
}

std::string hex_offset(u64 at) { return fmt::format("{:#x}", at); }

} // namespace lab
