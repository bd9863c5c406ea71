// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two things take time when half a gigabyte is put aside: the server reads it, the kernel writes it. So
// one chunk is read while the chunk before is written, and the kernel begins at once to bring it to the
// disk, rather than at the end when it is waited for. The bytes are not compressed: that takes longer than
// writing them.
#include "edit/stored.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <future>
#include <mutex>

#include <fmt/format.h>

#include "base/sums.h"

namespace lab {

constexpr u64 chunk_size = 1 << 20;

namespace {
class Keeper {
 public:
  Keeper(File &file, u64 data_at) : file(file), data_at(data_at) {}

  void keep(u64 at, std::span<const u8> bytes) {
    bool zero = bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
    if (zero) return;
    file.write_at(data_at, bytes);
    file.begin_sync(data_at, bytes.size());
    chunks.push_back({at, bytes.size(), data_at, crc32(bytes)});
    data_at += bytes.size();
  }

  std::vector<StoredChunk> chunks;

 private:
  File &file;
  u64 data_at;
};

class StoredSpace : public Space {
 public:
  StoredSpace(std::shared_ptr<const File> file, u64 length, std::vector<StoredChunk> chunks)
      : file(std::move(file)), length(length), chunks(std::move(chunks)) {}

  u64 size() const override { return length; }

  void read(u64 at, std::span<u8> out) const override {
    check_range(at, out.size(), length);
    while (!out.empty()) {
      Stretch here = stretch(at, out.size());
      u64 length = here.length;
      if (here.zero)
        std::fill_n(out.begin(), length, u8{0});
      else
        length = copy_from_chunk(at, out.first(length));
      out = out.subspan(length);
      at += length;
    }
  }

  /// The bytes are in no root space that could be written; their place is their own.
  std::vector<Extent> locate(u64 at, u64 wanted) const override {
    check_range(at, wanted, length);
    return {{at, wanted}};
  }

  std::optional<Extent> offset_of(u64) const override { return std::nullopt; }

  Stretch stretch(u64 at, u64 most) const override {
    if (at >= length) return {};
    most = std::min(most, length - at);
    auto next = chunk_ending_after(at);
    if (next == chunks.end()) return {most, true};
    if (at < next->at) return {std::min(most, next->at - at), true};
    u64 end = next->at + next->length; // as far as chunks follow each other, within reason
    for (int i = 0; i < 64 && ++next != chunks.end() && next->at == end; i++) end += next->length;
    return {std::min(most, end - at), false};
  }

 private:
  std::vector<StoredChunk>::const_iterator chunk_ending_after(u64 at) const {
    auto end_of = [](const StoredChunk &chunk) { return chunk.at + chunk.length; };
    return std::ranges::upper_bound(chunks, at, {}, end_of);
  }

  /// Copies what the chunk at `at` holds of `out`, and returns how much that is.
  u64 copy_from_chunk(u64 at, std::span<u8> out) const {
    const StoredChunk &chunk = *chunk_ending_after(at);
    u64 inside = at - chunk.at;
    u64 length = std::min<u64>(out.size(), chunk.length - inside);
    std::lock_guard guard(lock);
    if (kept.empty() || kept_at != chunk.at) {
      kept = checked(chunk);
      kept_at = chunk.at;
    }
    std::copy_n(&kept[inside], length, out.begin());
    return length;
  }

  Bytes checked(const StoredChunk &chunk) const {
    Bytes bytes = file->read_at(chunk.data_at, chunk.length);
    if (bytes.size() != chunk.length || crc32(bytes) != chunk.sum)
      throw Damage(fmt::format("{}: the {} bytes kept at {} are damaged: {}", file->path, chunk.length,
                               hex_offset(chunk.data_at),
                               bytes.size() != chunk.length ? "the file ends before" : "their sum is wrong"),
                   chunk.data_at);
    return bytes;
  }

  std::shared_ptr<const File> file;
  u64 length;
  std::vector<StoredChunk> chunks;
  mutable std::mutex lock;
  mutable Bytes kept; ///< the chunk that was read last
  mutable u64 kept_at = 0;
};
} // namespace

std::vector<StoredChunk> store(const Space &space, File &file, u64 data_at, const Progress &progress) {
  u64 largest = std::min(chunk_size, space.size());
  Keeper keeper(file, data_at);
  std::array<Bytes, 2> buffers = {Bytes(largest), Bytes(largest)};
  size_t turn = 0;
  std::future<void> keeping;
  for (u64 at = 0; at < space.size();) {
    Stretch here = space.stretch(at, space.size() - at);
    u64 end = at + here.length;
    if (here.zero) at = end;
    while (at < end) {
      u64 length = std::min(chunk_size, end - at);
      std::span<u8> chunk(buffers[turn].data(), length);
      space.read(at, chunk);
      if (keeping.valid()) keeping.get();
      keeping = std::async(std::launch::async, [&keeper, at, chunk] { keeper.keep(at, chunk); });
      turn = 1 - turn;
      at += length;
      if (progress) progress(at, space.size());
    }
  }
  if (keeping.valid()) keeping.get();
  if (progress) progress(space.size(), space.size());
  return std::move(keeper.chunks);
}

SpacePtr stored_space(std::shared_ptr<const File> file, u64 length, std::vector<StoredChunk> chunks) {
  return std::make_shared<StoredSpace>(std::move(file), length, std::move(chunks));
}

} // namespace lab
