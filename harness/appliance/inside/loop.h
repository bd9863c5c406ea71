// SPDX-License-Identifier: GPL-2.0-or-later
// The disk of the moment: a loop device that ends where the disk does, on a slot that is far larger.
//
// The kernel remembers what was read of the slot, and what is to be written to it, only while somebody has it open. So no
// look finds anything of the last disk, which the host has changed meanwhile.
#pragma once

#include <cstdint>
#include <string>

class Loop {
 public:
  static constexpr const char *device = "/dev/loop0";

  // Throws std::system_error. With `partitions` the kernel looks for them.
  Loop(const std::string &slot, std::uint64_t size, std::uint32_t sector_size, bool partitions);
  Loop(const Loop &) = delete;
  Loop &operator=(const Loop &) = delete;
  ~Loop();

  // Whether the kernel lets go of the slot; if something still holds it, it does so later.
  bool detach();

 private:
  int loop_;
};
