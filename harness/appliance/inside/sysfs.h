// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel tells of its devices, in files of a line each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>

// The number in a file, for sizes and starts in sectors of 512 bytes; 0 if there is none.
inline std::uint64_t number_in(const std::filesystem::path &file) {
  std::uint64_t number = 0;
  std::ifstream(file) >> number;
  return number;
}
