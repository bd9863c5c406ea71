// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all spaces share: the range check, and reading in pieces.
#include "device/device.h"

#include <fmt/format.h>

namespace lab {

void check_range(u64 at, u64 length, u64 size) {
  if (at > size || length > size - at)
    throw Damage(fmt::format("{} bytes at {} leave a space of {} bytes", length, hex_offset(at), size), at);
}

std::optional<Extent> Device::offset_of(u64 on_root) const {
  if (on_root >= size()) return std::nullopt;
  return Extent{on_root, size() - on_root};
}

std::vector<Extent> Device::locate(u64 at, u64 length) const {
  check_range(at, length, size());
  if (length == 0) return {};
  return {{at, length}};
}

Bytes bytes_at(const Space &space, u64 at, u64 length) {
  check_range(at, length, space.size()); // before the allocation: a damaged length may be anything
  Bytes bytes(length);
  space.read(at, bytes);
  return bytes;
}

void each_chunk(const Space &space, Extent range, const std::function<void(u64, std::span<const u8>)> &visit,
                u64 chunk_size) {
  check_range(range.at, range.length, space.size());
  Bytes buffer(std::min(chunk_size, range.length));
  for (u64 at = range.at; at < range.end();) {
    Stretch stretch = space.stretch(at, range.end() - at);
    u64 end = at + stretch.length;
    if (stretch.zero) at = end;
    while (at < end) {
      std::span<u8> chunk(buffer.data(), std::min(chunk_size, end - at));
      space.read(at, chunk);
      visit(at, chunk);
      at += chunk.size();
    }
  }
}

} // namespace lab
