// SPDX-License-Identifier: GPL-2.0-or-later
//
// Structures are read field by field, and each field would be a request to the server. Blocks that were
// read are kept, a few MiB at most. Only for as long as nobody writes: a plan is made over one, and
// what is applied goes to the device itself.
#pragma once

#include <list>
#include <mutex>
#include <unordered_map>

#include "device/device.h"

namespace lab {

class CachedSpace : public Space {
public:
  explicit CachedSpace(SpacePtr below) : below(std::move(below)) {}

  u64 size() const override { return below->size(); }
  void read(u64 at, std::span<u8> out) const override;
  std::vector<Extent> locate(u64 at, u64 length) const override { return below->locate(at, length); }
  std::optional<Extent> offset_of(u64 on_root) const override { return below->offset_of(on_root); }
  const Space *origin() const override { return below->origin(); }
  Stretch stretch(u64 at, u64 most) const override { return below->stretch(at, most); }

private:
  struct Block {
    u64 number;
    Bytes bytes;
  };
  const Bytes &block(u64 number) const;

  SpacePtr below;
  mutable std::mutex lock; ///< of what follows
  mutable std::list<Block> blocks; ///< the one used last in front
  mutable std::unordered_map<u64, std::list<Block>::iterator> known;
};

} // namespace lab
