// SPDX-License-Identifier: GPL-2.0-or-later
// A volume as a driver shows it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "digest.h"

// Mounts the disk, reads all files, makes and removes files if `access` is "rw", changes the ones that are
// there if it is "edit", and unmounts. `options` are the driver's own.
// {"refused": why}, or {"files": rows, "touch": why no file can be made in the root,
//  "elsewhere": {path: why nothing can be made or changed there}, "unmount": why it cannot}.
nlohmann::json use_volume(const std::string &driver, const std::string &access, const std::string &options,
                          std::uint64_t size, Digests &digests);
