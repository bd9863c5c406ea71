// SPDX-License-Identifier: GPL-2.0-or-later
//
// A space that somebody else owns and may close. Nodes and plans hold their disk through one of these,
// so a plan that is kept for later keeps neither the server nor the lock of a closed image.
#pragma once

#include "device/device.h"

namespace lab {

class BorrowedSpace : public Space {
public:
  explicit BorrowedSpace(std::weak_ptr<const Space> owner) : owner(std::move(owner)), bytes(open()->size()) {}

  u64 size() const override { return bytes; }
  void read(u64 at, std::span<u8> out) const override { open()->read(at, out); }
  std::vector<Extent> locate(u64 at, u64 length) const override { return open()->locate(at, length); }
  std::optional<Extent> offset_of(u64 on_root) const override { return open()->offset_of(on_root); }
  const Space *origin() const override { return open()->origin(); }
  Stretch stretch(u64 at, u64 most) const override { return open()->stretch(at, most); }

private:
  SpacePtr open() const {
    if (SpacePtr space = owner.lock()) return space;
    throw Misuse("the image that this was read from is closed");
  }

  std::weak_ptr<const Space> owner;
  u64 bytes;
};

} // namespace lab
