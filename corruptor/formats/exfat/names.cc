// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table is stored with its runs of unchanged letters compressed: 0xffff, and how many.
//
// Specification: 7.2.5 "Up-case Table", 7.6.4 "NameHash Field".
#include "formats/exfat/names.h"

#include <numeric>

#include "base/sums.h"
#include "formats/exfat/directory.h"

namespace lab::exfat {

std::u16string units_of(std::span<const u8> bytes) {
  std::u16string units;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2)
    units += static_cast<char16_t>(bytes[i] | bytes[i + 1] << 8);
  return units;
}

Upcase::Upcase(std::span<const u8> stored) : letters(0x10000) {
  std::iota(letters.begin(), letters.end(), u'\0');
  for (char16_t letter = u'a'; letter <= u'z'; letter++)
    letters[letter] = static_cast<char16_t>(letter - 0x20);
  std::u16string table = units_of(stored);
  size_t letter = 0;
  for (size_t i = 0; i < table.size() && letter < letters.size(); i++) {
    if (table[i] != 0xffff || i + 1 == table.size())
      letters[letter++] = table[i];
    else
      letter += table[++i];
  }
}

std::u16string Upcase::folded(std::u16string units) const {
  for (char16_t &unit : units) unit = letters[unit];
  return units;
}

Upcase upcase_of(const Node &node) {
  try {
    if (std::optional<Content> table = upcase_content(node))
      return Upcase(bytes_at(*table->space, 0, table->space->size()));
  } catch (const Damage &) {
    // names can be compared without it, only not as the volume wants
  }
  return Upcase({});
}

u16 name_hash(const Upcase &upcase, std::span<const u8> utf16le) {
  Bytes upper(utf16le.begin(), utf16le.end());
  for (size_t i = 0; i + 1 < upper.size(); i += 2) {
    char16_t unit = upcase.folded(static_cast<char16_t>(upper[i] | upper[i + 1] << 8));
    upper[i] = static_cast<u8>(unit);
    upper[i + 1] = static_cast<u8>(unit >> 8);
  }
  return exfat_name_hash(upper);
}

} // namespace lab::exfat
