// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names are compared in upper case, and what that is, each volume says for itself.
#pragma once

#include <string>
#include <vector>

#include "schema/struct.h"

namespace lab::exfat {

/// The upper-case letter of every UTF-16 unit.
class Upcase {
 public:
  /// From a table as it is stored.
  explicit Upcase(std::span<const u8> stored);

  std::u16string folded(std::u16string units) const;
  char16_t folded(char16_t unit) const { return letters[unit]; }

 private:
  std::vector<char16_t> letters;
};

/// The volume's own table, as far as it can be read; behind that, letters stay as they are, but for
/// those of ASCII, which no volume may map otherwise.
Upcase upcase_of(const Node &node);

/// NameHash: the sum of a name in upper case.
u16 name_hash(const Upcase &upcase, std::span<const u8> utf16le);

std::u16string units_of(std::span<const u8> utf16le);

} // namespace lab::exfat
