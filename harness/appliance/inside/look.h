// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel makes of one disk. Each look is made by a process of its own: an oops ends only that.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "digest.h"

// A whole sequence on the disk in the slot: attach, and what the request asks for, and detach.
//
//   {"size": bytes, "sector_size": bytes}                    always
//   "mount": {"driver": "vfat", "access": "rw"}              mount, read all files; for writing, use it;
//   unmount;
//                                                            perhaps with "options" of the driver's
//   "partitions": true                                       what the kernel and blkid find on the whole disk
//   "script": "..."                                          run by a shell
//
// The answer has a key for each of them; or "error", if the disk could not even be attached; and "held" if
// something did not let go of the disk.
nlohmann::json look(const nlohmann::json &request, const std::string &slot, Digests &digests);
