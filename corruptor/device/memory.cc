// SPDX-License-Identifier: GPL-2.0-or-later
//
// Spaces that need no medium.
#include "device/memory.h"

#include <algorithm>

namespace lab {

void MemoryDevice::read(u64 at, std::span<u8> out) const {
  check_range(at, out.size(), bytes.size());
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), out.size(), out.begin());
}

void MemoryDevice::write(u64 at, std::span<const u8> data) {
  check_range(at, data.size(), bytes.size());
  std::copy(data.begin(), data.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

void MemoryDevice::zero(u64 at, u64 length) {
  check_range(at, length, bytes.size());
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), length, u8{0});
}

void FilledSpace::read(u64 at, std::span<u8> out) const {
  check_range(at, out.size(), length);
  std::fill(out.begin(), out.end(), value);
}

std::vector<Extent> FilledSpace::locate(u64 at, u64 wanted) const {
  check_range(at, wanted, length);
  if (wanted == 0) return {};
  return {{at, wanted}};
}

SpacePtr memory_space(Bytes bytes) { return std::make_shared<MemoryDevice>(std::move(bytes)); }

SpacePtr filled_space(u8 value, u64 length) { return std::make_shared<FilledSpace>(value, length); }

} // namespace lab
