// SPDX-License-Identifier: GPL-2.0-or-later
// A volume as a driver shows it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "digest.h"

// Mounts the disk, reads all files, makes and removes files if `access` is "rw", and unmounts.
// {"refused": why}, or {"files": rows, "touch": why no file can be made in the root,
//  "elsewhere": {folder: why none can be made there}, "unmount": why it cannot}.
nlohmann::json use_volume(const std::string& driver, const std::string& access, std::uint64_t size, Digests& digests);
