// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes as a person reads them: offset on the disk, sixteen bytes, characters; repeated lines once.
#include <fmt/format.h>

#include "show/show.h"

namespace lab {

std::string hexdump(const Answer &answer) {
  std::string out, last;
  u64 done = 0;
  bool squashed = false;
  for (const Extent &extent : answer.extents) {
    for (u64 i = 0; i < extent.length; i += 16) {
      u64 count = std::min<u64>(16, extent.length - i);
      std::string digits, characters;
      for (u64 k = 0; k < count; k++) {
        u8 byte = answer.bytes[done + i + k];
        digits += fmt::format("{:02x}{}", byte, k == 7 ? "  " : " ");
        characters += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
      }
      if (digits == last && i + 16 < extent.length) {
        if (!squashed) out += "*\n";
        squashed = true;
        continue;
      }
      squashed = false;
      last = digits;
      out += fmt::format("{:010x}  {:<50}|{}|\n", extent.at + i, digits, characters);
    }
    done += extent.length;
  }
  return out;
}

} // namespace lab
