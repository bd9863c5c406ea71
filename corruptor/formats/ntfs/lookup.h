// SPDX-License-Identifier: GPL-2.0-or-later
//
// From a path to a record.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// The record of the file at `path` ("/dir/a.txt"), found through the directories' indexes; where
/// those fail, through the names that the records themselves hold, and a note says so.
/// Misuse if neither knows it.
Node find_file(const Node &volume, const std::string &path);

class UpperCase;

/// The table of the volume that the node is in; read once.
const UpperCase &upper_case_of(const Node &inside);

/// The volume's table of upper-case letters, or, if it cannot be read, one for ASCII alone.
class UpperCase {
 public:
  explicit UpperCase(const Node &volume);
  /// `name` (WTF-8) as NTFS compares it: UTF-16 units in upper case.
  std::u16string operator()(std::string_view name) const;
  std::u16string operator()(std::span<const u8> utf16) const;

 private:
  std::u16string table;
};

} // namespace lab::ntfs
