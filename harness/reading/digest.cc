// SPDX-License-Identifier: GPL-2.0-or-later
#include "digest.h"

#include <nettle/sha2.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <span>
#include <system_error>
#include <vector>
#define XXH_INLINE_ALL
#define XXH_VECTOR XXH_SCALAR // an emulated processor takes longer with vectors
#include <xxhash.h>

struct Digests::Row {
  XXH128_hash_t fast;
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> slow;
  bool used;
};

namespace {

constexpr std::size_t ROWS = 1 << 16; // a later file takes the row of an earlier one
constexpr std::size_t BLOCK = 1 << 17;
constexpr std::size_t PAGE = 4096;

using Bytes = std::span<const std::uint8_t>;

// How many bytes could be read, of at most `most`. errno is 0, or why there were no more. Where a large piece
// cannot be read, its first pages perhaps can.
std::uint64_t read_all(int file, std::uint64_t most, const std::function<void(Bytes)> &use) {
  static std::vector<std::uint8_t> block(BLOCK);
  std::uint64_t size = 0;
  std::size_t piece = BLOCK;
  while (size < most) {
    errno = 0;
    const ssize_t got =
        ::pread(file, block.data(), std::min<std::uint64_t>(piece, most - size), static_cast<off_t>(size));
    if (got < 0 && piece > PAGE) {
      piece = PAGE;
      continue;
    }
    if (got <= 0) { break; }
    use(Bytes(block).first(static_cast<std::size_t>(got)));
    size += static_cast<std::uint64_t>(got);
  }
  return size;
}

std::string digits(Bytes bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 0xF];
  }
  return text;
}

} // namespace

Digests::Digests(int file) {
  constexpr std::size_t SIZE = ROWS * sizeof(Row);
  const int flags = file < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
  const bool fits = file < 0 || ::ftruncate(file, SIZE) == 0;
  void *memory = fits ? ::mmap(nullptr, SIZE, PROT_READ | PROT_WRITE, flags, file, 0) : MAP_FAILED;
  if (memory == MAP_FAILED) { throw std::system_error(errno, std::generic_category(), "mmap"); }
  rows_ = static_cast<Row *>(memory);
}

Contents Digests::of(int file, std::uint64_t most) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  const std::uint64_t size =
      read_all(file, most, [&](Bytes piece) { XXH3_128bits_update(&state, piece.data(), piece.size()); });
  std::string error = errno != 0 ? std::strerror(errno) : size == most ? "it is longer than the disk" : "";
  const XXH128_hash_t fast = XXH3_128bits_digest(&state);
  Row &row = rows_[fast.low64 % ROWS];
  if (!row.used || XXH128_isEqual(row.fast, fast) == 0) {
    sha256_ctx context;
    sha256_init(&context);
    read_all(file, size, [&](Bytes piece) { sha256_update(&context, piece.size(), piece.data()); });
    row.used = false; // whoever is killed in between leaves no row of two halves
    row.fast = fast;
    sha256_digest(&context, row.slow.size(), row.slow.data());
    row.used = true;
  }
  return {size, digits(row.slow), std::move(error)};
}
