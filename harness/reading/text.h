// SPDX-License-Identifier: GPL-2.0-or-later
// Names on a damaged disk are any bytes, and JSON is Unicode: each byte travels as the character of its
// number.
#pragma once

#include <string>
#include <string_view>

inline std::string as_text(std::string_view bytes) {
  std::string text;
  for (const char letter : bytes) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte < 0x80) {
      text += letter;
    } else {
      text += static_cast<char>(0xC0 | byte >> 6);
      text += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return text;
}
