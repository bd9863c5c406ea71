// SPDX-License-Identifier: GPL-2.0-or-later
#include "formats/all.h"

#include "formats/list.h"

namespace lab {

std::span<const Format> all_formats() {
  static const std::vector<Format> formats = [] {
    std::vector<Format> rows;
    for (const Format &(*format)() : format_list) rows.push_back(format());
    return rows;
  }();
  return formats;
}

} // namespace lab
