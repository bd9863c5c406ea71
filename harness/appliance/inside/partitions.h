// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel and libblkid find on a disk that was plugged in.
#pragma once

#include <nlohmann/json.hpp>

// {"table": type or "", "volume": type of what fills the disk or "", "found": [[number, start, sectors, type
// or ""]]}; starts and lengths are in units of 512 bytes.
nlohmann::json find_partitions();
