// SPDX-License-Identifier: GPL-2.0-or-later
//
// qemu-nbd as a server of our own: libnbd starts it by socket activation, so that there is no port,
// no root and nothing to wait for. It ends with the connection, and with this process even if that is
// killed.
#pragma once

#include <memory>
#include <string>

#include "device/nbd.h"

namespace lab {

/// What qemu-nbd is to serve. `lock_fd` is inherited by the server, so that the lock on the file
/// lasts as long as any of the two can write.
struct Served {
  std::string path; ///< absolute
  std::string format;
  bool block_device = false;
  bool writable = false;
  int lock_fd = -1;
};

/// A server and the connection to it. The server ends with the returned object.
struct Server {
  std::shared_ptr<void> keeper; ///< must outlive the connection
  std::unique_ptr<Connection> connection;
};

/// Refused if another process has the image open; IoError with the server's own words otherwise.
Server start_server(const Served &served);

/// In a list of QEMU's options a comma is written twice.
std::string doubled_commas(const std::string &text);

/// Throws what the words of qemu-nbd or qemu-img mean.
[[noreturn]] void fail_by_words(const std::string &path, const std::string &format,
                                const std::string &errors);

} // namespace lab
