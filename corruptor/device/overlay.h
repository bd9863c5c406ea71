// SPDX-License-Identifier: GPL-2.0-or-later
//
// Copy-on-write over a device, in memory. Planning writes here, and the difference to what lies
// below is the plan; so a plan needs no image that can be written. What is written is itself a
// space, kept by reference: a range of zeroes or a copy of another range takes no memory.
#pragma once

#include <map>
#include <string>

#include "device/device.h"

namespace lab {

/// One written range: `content` from `content_at` on, put there for the reason `why`.
struct Written {
  u64 length = 0;
  SpacePtr content;
  u64 content_at = 0;
  std::string why;
};

class Overlay : public Space {
 public:
  explicit Overlay(SpacePtr below) : below(std::move(below)) {}

  u64 size() const override { return below->size(); }
  void read(u64 at, std::span<u8> out) const override;
  std::vector<Extent> locate(u64 at, u64 length) const override;
  std::optional<Extent> offset_of(u64 on_root) const override;
  Stretch stretch(u64 at, u64 most) const override;

  /// Replaces [at, at + content->size()). A range written twice keeps both reasons ("a; b").
  void put(u64 at, SpacePtr content, const std::string &why);
  void put(u64 at, std::span<const u8> data, const std::string &why);

  /// Every written range by its offset: sorted, without overlaps.
  const std::map<u64, Written> &written() const { return ranges; }

 private:
  void split(u64 at);

  SpacePtr below;
  std::map<u64, Written> ranges;
};

} // namespace lab
