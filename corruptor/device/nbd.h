// SPDX-License-Identifier: GPL-2.0-or-later
//
// A device behind an NBD connection. Servers differ in what they accept: the smallest block, the
// largest request, whether zeroes can be written without sending them, whether holes are told. All
// of that ends here; callers read and write any bytes.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "device/device.h"

struct nbd_handle;

namespace lab {

/// An NBD handle that knows what this project asks of every server; not connected yet.
class Connection {
 public:
  Connection();
  ~Connection(); ///< says good-bye; if libnbd started the server, waits for its end
  Connection(const Connection &) = delete;
  Connection &operator=(const Connection &) = delete;

  nbd_handle *const handle;
};

class NbdDevice : public Device {
 public:
  /// `connection` is connected. No byte at or beyond `most` is touched, whatever size the server
  /// tells: qemu-nbd rounds up to whole sectors, and a write there would make a raw file grow.
  /// `held` is let go after the connection has ended.
  NbdDevice(std::shared_ptr<void> held, std::unique_ptr<Connection> connection, std::string name,
            bool writable, u64 most);

  u64 size() const override { return total; }
  void read(u64 at, std::span<u8> out) const override;
  Stretch stretch(u64 at, u64 most) const override;
  void write(u64 at, std::span<const u8> data) override;
  void zero(u64 at, u64 length) override;
  void flush() override;

 private:
  Extent whole_blocks(u64 at, u64 length) const;
  Bytes block_at(u64 at) const;
  void ask_stretches(u64 at, u64 length) const;
  void check_writable() const;
  void forget_stretches(u64 end);
  void write_blocks(u64 at, std::span<const u8> data);
  void zero_blocks(u64 at, u64 length);
  [[noreturn]] void fail(const char *doing, u64 at, u64 length) const;

  std::shared_ptr<void> held; // first, so that it goes last
  std::unique_ptr<Connection> connection;
  std::string name;
  bool writable;
  u64 total;
  u64 block;   ///< the server's smallest block: requests start and end at multiples of it
  u64 largest; ///< bytes in one read or write
  bool can_zero;
  bool tells_holes;

  struct Told {
    u64 end;
    bool zero;
  };
  mutable std::mutex told_lock;
  mutable u64 told_from = 0;
  mutable std::vector<Told> told; ///< the server's last answer about holes
};

/// Connects to an nbd:// or nbd+unix:// URI. IoError if no server answers; Refused if it is to be
/// written and the server only reads.
std::shared_ptr<Device> connect_uri(const std::string &uri, bool writable);

} // namespace lab
