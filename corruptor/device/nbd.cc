// SPDX-License-Identifier: GPL-2.0-or-later
//
// Requests to an NBD server. A server may state a smallest block; then a request that begins or ends
// inside a block is turned into a read of that block and a write of the whole of it. It may state a
// largest request too, and libnbd has its own; bigger ones are cut.
//
// Zeroes are written with WRITE_ZEROES and the flag NO_HOLE: without it the server may punch a hole,
// and a wiped structure would lose its place on the disk.
// The protocol: https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md
#include "device/nbd.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <libnbd.h>

namespace lab {

constexpr u64 largest_request = 32 << 20; // what the protocol lets a client assume
constexpr u64 largest_zero = 1 << 30;     // carries no data; the length field has 32 bits
constexpr u64 largest_question = 1 << 30; // about holes; the length field has 32 bits
constexpr u64 worth_asking = 64 << 10;    // reading less is cheaper than asking whether it is zero
constexpr u32 reads_as_zero = LIBNBD_STATE_ZERO;

Connection::Connection() : handle(nbd_create()) {
  if (!handle) throw IoError(std::string("libnbd: ") + nbd_get_error());
  nbd_add_meta_context(handle, LIBNBD_CONTEXT_BASE_ALLOCATION);
  nbd_set_pread_initialize(handle, false); // every read is checked for success
}

Connection::~Connection() {
  if (nbd_aio_is_ready(handle) == 1) nbd_shutdown(handle, 0);
  nbd_close(handle);
}

static u64 block_size(nbd_handle *handle, int which, u64 otherwise) {
  int64_t told = nbd_get_block_size(handle, which);
  return told > 0 ? static_cast<u64>(told) : otherwise;
}

NbdDevice::NbdDevice(std::shared_ptr<void> held, std::unique_ptr<Connection> connected, std::string name,
                     bool writable, u64 most)
    : held(std::move(held)), connection(std::move(connected)), name(std::move(name)), writable(writable) {
  nbd_handle *nbd = connection->handle;
  int64_t size = nbd_get_size(nbd);
  if (size < 0) fail("asking for the size", 0, 0);
  if (writable && nbd_is_read_only(nbd) == 1) throw Refused(this->name + ": the server only reads");
  block = block_size(nbd, LIBNBD_SIZE_MINIMUM, 1);
  largest = std::min(block_size(nbd, LIBNBD_SIZE_MAXIMUM, largest_request), largest_request);
  u64 unit = std::max<u64>(block, 512);
  largest = std::max(largest / unit * unit, block);
  u64 told_size = static_cast<u64>(size);
  total = std::min(told_size - told_size % block, most); // the rest of a block cannot be reached
  can_zero = nbd_can_zero(nbd) == 1;
  tells_holes = nbd_can_meta_context(nbd, LIBNBD_CONTEXT_BASE_ALLOCATION) == 1;
}

void NbdDevice::fail(const char *doing, u64 at, u64 length) const {
  throw IoError(
      fmt::format("{}: {} {} bytes at {}: {}", name, doing, length, hex_offset(at), nbd_get_error()));
}

/// The whole blocks inside a range; empty if there are none.
Extent NbdDevice::whole_blocks(u64 at, u64 length) const {
  u64 first = (at + block - 1) / block * block;
  u64 end = (at + length) / block * block;
  return {first, end > first ? end - first : 0};
}

Bytes NbdDevice::block_at(u64 at) const {
  u64 start = at - at % block;
  Bytes bytes(block);
  if (nbd_pread(connection->handle, bytes.data(), block, start, 0) < 0) fail("reading", start, block);
  return bytes;
}

/// Cuts a range into the whole blocks in its middle and what is left at its two ends, in order.
template <typename Inside, typename Part>
static void by_blocks(u64 at, u64 length, u64 block, Extent whole, Inside inside, Part part) {
  u64 end = at + length;
  while (at < end) {
    if (whole.length > 0 && at == whole.at) {
      inside(whole);
      at = whole.end();
    } else {
      u64 next = std::min(end, at - at % block + block);
      part(at, next - at);
      at = next;
    }
  }
}

void NbdDevice::read(u64 at, std::span<u8> out) const {
  check_range(at, out.size(), total);
  auto inside = [&](Extent whole) {
    for (u64 here = whole.at; here < whole.end(); here += largest) {
      u64 length = std::min(largest, whole.end() - here);
      if (nbd_pread(connection->handle, &out[here - at], length, here, 0) < 0) fail("reading", here, length);
    }
  };
  auto part = [&](u64 here, u64 length) {
    Bytes bytes = block_at(here);
    std::copy_n(&bytes[here % block], length, &out[here - at]);
  };
  by_blocks(at, out.size(), block, whole_blocks(at, out.size()), inside, part);
}

void NbdDevice::check_writable() const {
  if (!writable) throw Refused(name + ": was opened for reading only");
}

/// What was told of the bytes after a write still holds; patches are written from front to back.
void NbdDevice::forget_stretches(u64 end) {
  std::lock_guard guard(told_lock);
  told_from = std::max(told_from, end);
}

void NbdDevice::write_blocks(u64 at, std::span<const u8> data) {
  while (!data.empty()) {
    u64 length = std::min<u64>(largest - at % largest, data.size()); // never cuts a sector in two
    if (nbd_pwrite(connection->handle, data.data(), length, at, 0) < 0) fail("writing", at, length);
    at += length;
    data = data.subspan(length);
  }
}

void NbdDevice::write(u64 at, std::span<const u8> data) {
  check_writable();
  check_range(at, data.size(), total);
  forget_stretches(at + data.size());
  auto inside = [&](Extent whole) { write_blocks(whole.at, data.subspan(whole.at - at, whole.length)); };
  auto part = [&](u64 here, u64 length) {
    Bytes bytes = block_at(here);
    std::copy_n(&data[here - at], length, &bytes[here % block]);
    write_blocks(here - here % block, bytes);
  };
  by_blocks(at, data.size(), block, whole_blocks(at, data.size()), inside, part);
}

void NbdDevice::zero_blocks(u64 at, u64 length) {
  u64 end = at + length;
  u64 most = can_zero ? largest_zero : std::min(largest, u64{1} << 20);
  Bytes zeroes(can_zero ? 0 : std::min(most, length));
  for (u64 part; at < end; at += part) {
    part = std::min(most - at % most, end - at);
    if (!can_zero)
      write_blocks(at, std::span(zeroes).first(part));
    else if (nbd_zero(connection->handle, part, at, LIBNBD_CMD_FLAG_NO_HOLE) < 0)
      fail("zeroing", at, part);
  }
}

void NbdDevice::zero(u64 at, u64 length) {
  check_writable();
  check_range(at, length, total);
  forget_stretches(at + length);
  auto inside = [&](Extent whole) { zero_blocks(whole.at, whole.length); };
  auto part = [&](u64 here, u64 part_length) {
    Bytes bytes = block_at(here);
    std::fill_n(&bytes[here % block], part_length, u8{0});
    write_blocks(here - here % block, bytes);
  };
  by_blocks(at, length, block, whole_blocks(at, length), inside, part);
}

void NbdDevice::flush() {
  nbd_handle *nbd = connection->handle;
  if (nbd_can_flush(nbd) == 1 && nbd_flush(nbd, 0) < 0) fail("flushing", 0, total);
}

void NbdDevice::ask_stretches(u64 at, u64 length) const {
  told_from = at;
  told.clear();
  auto take = [this](u64 from, std::span<const u32> entries) {
    for (size_t i = 0; i + 1 < entries.size(); i += 2) {
      bool zero = (entries[i + 1] & reads_as_zero) != 0;
      from += entries[i];
      if (!told.empty() && told.back().zero == zero)
        told.back().end = from;
      else
        told.push_back({from, zero});
    }
  };
  using Take = decltype(take);
  nbd_extent_callback callback = {
      .callback =
          [](void *user, const char *context, uint64_t from, uint32_t *entries, size_t count, int *) {
            if (std::string_view(context) == LIBNBD_CONTEXT_BASE_ALLOCATION)
              (*static_cast<Take *>(user))(from, {entries, count});
            return 0;
          },
      .user_data = &take,
      .free = nullptr,
  };
  if (nbd_block_status(connection->handle, length, at, callback, 0) < 0) told.clear();
}

Stretch NbdDevice::stretch(u64 at, u64 most) const {
  if (at >= total) return {};
  most = std::min(most, total - at);
  if (!tells_holes || most < worth_asking) return {most, false};
  std::lock_guard guard(told_lock);
  if (told.empty() || at < told_from || at >= told.back().end) {
    u64 start = at - at % block;
    u64 whole = (at + most - start + block - 1) / block * block;
    ask_stretches(start, std::min(whole, largest_question));
  }
  auto here = std::ranges::upper_bound(told, at, {}, &Told::end);
  if (here == told.end()) return {most, false}; // no answer: read it
  return {std::min(most, here->end - at), here->zero};
}

std::shared_ptr<Device> connect_uri(const std::string &uri, bool writable) {
  std::unique_ptr<Connection> connection = std::make_unique<Connection>();
  if (nbd_connect_uri(connection->handle, uri.c_str()) < 0)
    throw IoError(fmt::format("{}: cannot connect: {}", uri, nbd_get_error()));
  return std::make_shared<NbdDevice>(nullptr, std::move(connection), uri, writable, ~u64{0});
}

} // namespace lab
