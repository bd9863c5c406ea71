// SPDX-License-Identifier: GPL-2.0-or-later
// SHA-256 of files, remembered.
//
// Most files of a damaged disk are the same as on the disk before, and where the processor is emulated
// SHA-256 takes longer than all the rest. A fast hash of 128 bits tells whether the very same bytes were seen
// before; then what they gave then is the answer, and only otherwise the file is read once more.
#pragma once

#include <cstdint>
#include <string>

// What reading a file to its end gave.
struct Contents {
  std::uint64_t size;
  std::string sha256; // of as many bytes as could be read
  std::string error;  // why there are no more, or ""
};

class Digests {
 public:
  // In memory that is shared with processes that fork from this one; or in a file, for whoever opens it next.
  explicit Digests(int file = -1);

  // Reads a file, but no more than `most` bytes.
  Contents of(int file, std::uint64_t most);

 private:
  struct Row;
  Row *rows_;
};
