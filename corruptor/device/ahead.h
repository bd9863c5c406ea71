// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading a space from start to end while somebody works on what was read: the next chunk is on its way meanwhile.
#pragma once

#include <future>

#include "device/device.h"

namespace lab {

class Ahead {
public:
  /// The first `length` bytes of `space`, in chunks of `chunk` bytes with `slack` more behind them in memory.
  /// The space must bear being read by two threads.
  Ahead(SpacePtr space, u64 length, u64 chunk, size_t slack);

  struct Chunk {
    u64 at = 0;
    std::span<u8> bytes; ///< may be written to, until the next call; empty: that was all
  };
  /// Damage or IoError if this chunk cannot be read; the one after it can be asked for all the same.
  Chunk next();

private:
  void send_for(u64 at);

  SpacePtr space;
  u64 length, chunk, at = 0;
  size_t room; ///< for a chunk and the slack
  Bytes current, coming;
  std::future<void> reading; // last, so that it has ended before the rest goes
};

} // namespace lab
