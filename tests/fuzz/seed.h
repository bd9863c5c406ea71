// SPDX-License-Identifier: GPL-2.0-or-later
//
// The seed images, as seeds.py writes them: text of offsets and bytes, zero elsewhere. Here one becomes a
// disk again.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "device/memory.h"

namespace lab::fuzz {

struct Seed {
  std::string name; ///< "00-ntfs"
  std::shared_ptr<MemoryDevice> disk;
  std::vector<Extent> stored; ///< where it is not zero
  std::vector<std::string> paths; ///< that lead through most of what looks things up
};

inline Bytes bytes_of(const std::string &word) {
  size_t star = word.find('*');
  if (star == std::string::npos) return unhex(word);
  return Bytes(std::stoull(word.substr(star + 1)), unhex(word.substr(0, star))[0]);
}

inline Seed read_seed(const std::filesystem::path &file) {
  Seed seed;
  seed.name = file.stem();
  std::ifstream text(file);
  for (std::string line, first, second; std::getline(text, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line.starts_with("path ")) {
      seed.paths.push_back(line.substr(5));
      continue;
    }
    if (!(std::istringstream(line) >> first >> second)) throw std::runtime_error(file.string() + ": " + line);
    if (first == "size") {
      seed.disk = std::make_shared<MemoryDevice>(Bytes(std::stoull(second)));
      continue;
    }
    Extent extent{std::stoull(first, nullptr, 16), 0};
    Bytes bytes = bytes_of(second);
    seed.disk->write(extent.at, bytes);
    extent.length = bytes.size();
    seed.stored.push_back(extent);
  }
  if (!seed.disk || seed.stored.empty()) throw std::runtime_error(file.string() + " is no seed");
  return seed;
}

/// All seeds in a folder by name; a seed's number is its place in this list.
inline std::vector<Seed> read_seeds(const std::filesystem::path &folder) {
  std::vector<std::filesystem::path> files;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".seed") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Seed> seeds;
  for (const std::filesystem::path &file : files) seeds.push_back(read_seed(file));
  return seeds;
}

} // namespace lab::fuzz
