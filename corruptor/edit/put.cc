// SPDX-License-Identifier: GPL-2.0-or-later
//
// A field may lie in pieces of its space, and each of those in pieces of the disk.
#include "edit/put.h"

namespace lab {

void put_bits(Overlay &overlay, const Target &target, const Bits &bits, const std::string &why) {
  for (const BytesAt &piece : scatter(target.node, *target.field, bits, target.index)) {
    u64 done = 0;
    for (const Extent &extent : target.node.space->locate(piece.at, piece.bytes.size())) {
      overlay.put(extent.at, std::span(piece.bytes).subspan(done, extent.length), why);
      done += extent.length;
    }
  }
}

} // namespace lab
