// SPDX-License-Identifier: GPL-2.0-or-later
// Changes to what is there already: a driver notices some faults only when it grows, frees or moves what they
// are in.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tree.h"

// Overwrites, grows, shortens and saves anew small files of each folder, then moves the folders and takes the
// empty ones away for a moment; on a nearly full volume it edits no files. What could be read is there again
// afterwards. {path: why not}, for what could not be done.
nlohmann::json edit_tree(const std::string &root, const Tree &tree);
