// SPDX-License-Identifier: GPL-2.0-or-later
//
// Spaces that need no medium: bytes in a vector, and one byte repeated without end. What a plan
// writes is such a space, so 500 MB of zeroes cost nothing to hold.
#pragma once

#include "device/device.h"

namespace lab {

class MemoryDevice : public Device {
 public:
  explicit MemoryDevice(Bytes bytes) : bytes(std::move(bytes)) {}
  u64 size() const override { return bytes.size(); }
  void read(u64 at, std::span<u8> out) const override;
  void write(u64 at, std::span<const u8> data) override;
  void zero(u64 at, u64 length) override;
  void flush() override {}

  Bytes bytes;
};

/// `length` bytes, all of them `value`.
class FilledSpace : public Space {
 public:
  FilledSpace(u8 value, u64 length) : value(value), length(length) {}
  u64 size() const override { return length; }
  void read(u64 at, std::span<u8> out) const override;
  std::vector<Extent> locate(u64 at, u64 length) const override;
  std::optional<Extent> offset_of(u64) const override { return std::nullopt; }
  Stretch stretch(u64 at, u64 most) const override { return {std::min(most, length - at), value == 0}; }

  const u8 value;

 private:
  u64 length;
};

SpacePtr memory_space(Bytes bytes);
SpacePtr filled_space(u8 value, u64 length);

} // namespace lab
