// SPDX-License-Identifier: GPL-2.0-or-later
//
// UTF-16LE as the formats store names, and WTF-8 (https://simonsapin.github.io/wtf-8/), which is UTF-8 that
// can also hold an unpaired surrogate: a damaged name survives the round trip.
#include "schema/value.h"

namespace lab {

std::string wtf8(std::span<const u8> utf16le) {
  std::string result;
  auto unit = [&](size_t i) { return static_cast<u32>(utf16le[2 * i] | utf16le[2 * i + 1] << 8); };
  size_t count = utf16le.size() / 2;
  for (size_t i = 0; i < count; i++) {
    u32 c = unit(i);
    if (c >= 0xd800 && c < 0xdc00 && i + 1 < count && unit(i + 1) >= 0xdc00 && unit(i + 1) < 0xe000)
      c = 0x10000 + ((c - 0xd800) << 10) + (unit(++i) - 0xdc00);
    if (c < 0x80) {
      result += static_cast<char>(c);
    } else if (c < 0x800) {
      result += {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    } else if (c < 0x10000) {
      result += {static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
                 static_cast<char>(0x80 | (c & 63))};
    } else {
      result += {static_cast<char>(0xf0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 63)),
                 static_cast<char>(0x80 | (c >> 6 & 63)), static_cast<char>(0x80 | (c & 63))};
    }
  }
  return result;
}

Bytes utf16le(std::string_view wtf8) {
  Bytes result;
  auto put = [&](u32 unit) {
    result.push_back(static_cast<u8>(unit));
    result.push_back(static_cast<u8>(unit >> 8));
  };
  for (size_t i = 0; i < wtf8.size();) {
    u8 lead = static_cast<u8>(wtf8[i]);
    size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (length == 0 || i + length > wtf8.size()) throw Misuse("text is not valid UTF-8");
    u32 c = length == 1 ? lead : lead & (0x7f >> length);
    for (size_t k = 1; k < length; k++) {
      u8 next = static_cast<u8>(wtf8[i + k]);
      if (next >> 6 != 2) throw Misuse("text is not valid UTF-8");
      c = c << 6 | (next & 63);
    }
    i += length;
    if (c >= 0x10000) {
      put(0xd800 + ((c - 0x10000) >> 10));
      put(0xdc00 + ((c - 0x10000) & 0x3ff));
    } else {
      put(c);
    }
  }
  return result;
}

} // namespace lab
