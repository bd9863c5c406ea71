// SPDX-License-Identifier: GPL-2.0-or-later
//
// A look through a copy: reads are answered from memory where they can be, everything else is passed on.
#include "formats/ntfs/held.h"

#include <algorithm>

namespace lab::ntfs {

namespace {

/// Attribute lists have at most 256 KiB, and all else that is held is smaller. A damaged size may be
/// anything.
constexpr u64 most_held = u64{1} << 20;

class HeldSpace : public Space {
 public:
  HeldSpace(SpacePtr below, u64 at, Bytes bytes)
      : below(std::move(below)), start(at), bytes(std::move(bytes)) {}

  u64 size() const override { return below->size(); }

  void read(u64 at, std::span<u8> out) const override {
    bool inside = at >= start && at - start <= bytes.size() && out.size() <= bytes.size() - (at - start);
    if (inside)
      std::copy_n(bytes.begin() + static_cast<i64>(at - start), out.size(), out.begin());
    else
      below->read(at, out);
  }

  std::vector<Extent> locate(u64 at, u64 length) const override { return below->locate(at, length); }
  Stretch stretch(u64 at, u64 most) const override { return below->stretch(at, most); }

 private:
  SpacePtr below;
  u64 start;
  Bytes bytes;
};

} // namespace

SpacePtr held(SpacePtr space, u64 at, u64 length) {
  Bytes bytes = bytes_at(*space, at, length);
  return std::make_shared<HeldSpace>(std::move(space), at, std::move(bytes));
}

Node in_memory(const Node &node) {
  u64 size = node.space->size();
  if (size > most_held)
    damaged(node, 0,
            "is in " + std::to_string(size) + " bytes, expected at most " + std::to_string(most_held));
  Node copy = node;
  copy.space = held(node.space, 0, size);
  return copy;
}

} // namespace lab::ntfs
