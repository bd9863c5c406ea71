// SPDX-License-Identifier: GPL-2.0-or-later
// read-files FOLDER: what every file below a folder holds, as JSON; readback.py understands it.
//
// It runs in a jail, as a process of its own: it may hang like any tool. Descriptor 3 is memory that one run leaves to the
// next, in which sums of contents stand that were seen before.
#include <cstdint>
#include <iostream>
#include <string>

#include "tree.h"

namespace {

constexpr int SEEN = 3;
constexpr std::size_t MOST = 3 << 20; // bytes that are printed; a damaged tree may have no end

} // namespace

int main(int /*argc*/, char **argv) {
  Digests seen(SEEN);
  std::string text;
  for (const nlohmann::json &row : read_tree(argv[1], UINT64_MAX, seen).files) {
    const std::string one = row.dump();
    if (text.size() + one.size() + 3 > MOST) { break; }
    text += (text.empty() ? "[" : ", ") + one;
  }
  std::cout << (text.empty() ? "[" : "") << text << "]" << std::flush;
}
