// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two buffers that change places.
#include "device/ahead.h"

#include <algorithm>

namespace lab {

Ahead::Ahead(SpacePtr from, u64 most, u64 chunk_size, size_t slack)
    : space(std::move(from)), length(most), chunk(std::min(chunk_size, most)), room(chunk + slack), coming(room) {
  send_for(0);
}

void Ahead::send_for(u64 from) {
  if (from >= length) return;
  std::span<u8> target = std::span(coming).first(std::min(chunk, length - from));
  reading = std::async(std::launch::async, [this, from, target] { space->read(from, target); });
}

Ahead::Chunk Ahead::next() {
  if (at >= length) return {};
  u64 from = at;
  at += std::min(chunk, length - from);
  reading.wait();
  std::future<void> read = std::move(reading);
  std::swap(current, coming);
  if (at < length) coming.resize(room); // the first time: what is read in one piece needs no second one
  send_for(at);
  read.get();
  return {from, std::span(current).first(at - from)};
}

} // namespace lab
