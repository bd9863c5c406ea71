// SPDX-License-Identifier: GPL-2.0-or-later
//
// Opening a disk asks many small questions of few places: each format looks at the same boot sectors,
// and a partition table is read field by field. Through NBD each would be a round trip (77 of them on a
// disk with one partition), which is as long as all the rest of a small command takes. So while a disk
// is opened, and no longer, its blocks are kept.
#pragma once

#include <algorithm>
#include <map>

#include "device/device.h"

namespace lab {

class ReadOnce : public Space {
 public:
  explicit ReadOnce(SpacePtr below) : below(std::move(below)) {}

  u64 size() const override { return below->size(); }
  std::vector<Extent> locate(u64 at, u64 length) const override { return below->locate(at, length); }
  void read(u64 at, std::span<u8> out) const override {
    check_range(at, out.size(), size());
    for (u64 done = 0; done < out.size();) {
      u64 within = (at + done) % block_size;
      u64 count = std::min(out.size() - done, block_size - within);
      std::copy_n(block(at + done - within).begin() + static_cast<i64>(within), count,
                  out.begin() + static_cast<i64>(done));
      done += count;
    }
  }

 private:
  static constexpr u64 block_size = 4096;

  const Bytes &block(u64 at) const {
    auto found = blocks.find(at);
    if (found == blocks.end())
      found = blocks.emplace(at, bytes_at(*below, at, std::min(block_size, size() - at))).first;
    return found->second;
  }

  SpacePtr below;
  mutable std::map<u64, Bytes> blocks;
};

} // namespace lab
