// SPDX-License-Identifier: GPL-2.0-or-later
//
// Streaming comparisons: what is known to be zero on both sides is not read.
#include "edit/range.h"

#include <fmt/format.h>

#include "device/mapped.h"

namespace lab {

u64 total(const std::vector<Extent> &extents) {
  u64 sum = 0;
  for (const Extent &extent : extents) sum += extent.length;
  return sum;
}

SpacePtr bytes_of(const SpacePtr &disk, const Target &source) {
  std::vector<Piece> pieces;
  for (const Extent &extent : extents_of(source)) pieces.push_back({extent.length, extent.at, true});
  return std::make_shared<MappedSpace>(disk, std::move(pieces));
}

bool differs(const Space &disk, const Extent &extent, const Space &content, u64 content_at) {
  constexpr u64 chunk = 1 << 20;
  for (u64 done = 0; done < extent.length;) {
    u64 length = std::min(chunk, extent.length - done);
    Stretch here = disk.stretch(extent.at + done, extent.length - done);
    Stretch there = content.stretch(content_at + done, extent.length - done);
    if (here.zero && there.zero) {
      done += std::min(here.length, there.length);
      continue;
    }
    if (bytes_at(disk, extent.at + done, length) != bytes_at(content, content_at + done, length)) return true;
    done += length;
  }
  return false;
}

std::string glimpse(const Space &disk, const std::vector<Extent> &where) {
  Bytes head = bytes_at(disk, where[0].at, std::min<u64>(where[0].length, 8));
  u64 length = total(where);
  return length <= 8 ? hex(head) : fmt::format("{}... ({} bytes)", hex(head), length);
}

} // namespace lab
