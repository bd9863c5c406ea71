// SPDX-License-Identifier: GPL-2.0-or-later
//
// From what the user typed to a device. A file is served by qemu-nbd, which knows raw, qcow2, vmdk,
// vdi, vhdx and vpc; libnbd starts it by socket activation, so there is no port, no root and no
// /dev/nbd, and the server ends with us. An nbd:// or nbd+unix:// URI is used as it is. Nothing
// above this file knows which of them it was.
#pragma once

#include <string>

#include "device/device.h"

namespace lab {

struct OpenOptions {
  bool writable = false;
  std::string format;               ///< raw, qcow2, vmdk, vdi, vhdx, vpc; empty: detect by signature
  bool allow_block_device = false;  ///< write to /dev/...: only when asked for by name
  bool allow_outside_files = false; ///< backing or data files in another folder, in a detected image
};

/// Refused: in use, read-only, a directory, empty, a block device, a detected image that names files
/// outside its own folder. Misuse: no such file, unknown format. IoError: the server does not start.
/// The device keeps the lock (our own flock beside QEMU's) until it is destroyed.
std::shared_ptr<Device> open_image(const std::string &image, const OpenOptions &options);

/// Writes a new qcow2 at `overlay` that is backed by `image`; Refused if `overlay` exists.
void create_overlay(const std::string &image, const std::string &format, const std::string &overlay);

/// True if `image` is an NBD URI rather than a file name.
bool is_uri(const std::string &image);

} // namespace lab
