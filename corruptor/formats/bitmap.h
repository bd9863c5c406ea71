// SPDX-License-Identifier: GPL-2.0-or-later
//
// Maps of what is in use, a bit for each, that volumes keep.
#pragma once

#include <algorithm>
#include <optional>

#include "device/device.h"

namespace lab {

/// The first clear bit among the first `count` of a bitmap.
inline std::optional<u64> first_clear(const Space &bitmap, u64 count) {
  constexpr u64 chunk = 64 << 10;
  u64 bytes = std::min(bitmap.size(), count / 8 + 1);
  for (u64 at = 0; at < bytes; at += chunk) {
    Bytes part = bytes_at(bitmap, at, std::min(chunk, bytes - at));
    for (u64 i = 0; i < part.size() * 8; i++)
      if (!(part[i / 8] >> (i % 8) & 1)) return at * 8 + i < count ? std::optional<u64>(at * 8 + i) : std::nullopt;
  }
  return std::nullopt;
}

} // namespace lab
