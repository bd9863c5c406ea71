// SPDX-License-Identifier: GPL-2.0-or-later
// Every file below a folder, with what it holds.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "digest.h"

struct Tree {
  nlohmann::json files;             // path, bytes that could be read, their SHA-256, the error that ended it
  std::vector<std::string> paths;   // of all files, below the root
  std::vector<std::string> folders; // that could be listed, by their paths below the root: "" is the root
};

Tree read_tree(const std::string &root, std::uint64_t longest_file, Digests &digests);
