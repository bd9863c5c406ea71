// SPDX-License-Identifier: GPL-2.0-or-later
//
// The longest file is as long as the disk, and all together are a few disks: more is the work of a damaged structure, and
// would take for ever.
#include "formats/contents.h"

#include <algorithm>

#include "base/sums.h"

namespace lab {

namespace {

constexpr u64 block = 128 << 10, page = 4096;
constexpr u64 disks_together = 16;
constexpr size_t most_known = 1 << 14; // files

/// Where bytes are that nobody has changed; none if somebody has, or if they have no place.
std::optional<std::vector<std::pair<u64, u64>>> untouched_places(const Space &bytes, u64 size, const Overlay *changed) {
  std::vector<std::pair<u64, u64>> places;
  try {
    for (const Extent &extent : bytes.locate(0, size)) places.emplace_back(extent.at, extent.length);
  } catch (const Damage &) { return std::nullopt; }
  if (!changed) return places;
  for (auto [at, length] : places) {
    auto after = changed->written().upper_bound(at);
    if (after != changed->written().end() && after->first < at + length) return std::nullopt;
    if (after != changed->written().begin() && std::prev(after)->first + std::prev(after)->second.length > at) return std::nullopt;
  }
  return places;
}

} // namespace

void ContentReader::each(const FileReader &files, const Node &volume, const Overlay *changed,
                         const std::function<void(const Contents &)> &visit) {
  u64 size = volume.space->size();
  if (__builtin_mul_overflow(size, disks_together, &budget)) budget = ~u64{0};
  files.each_file(volume, [&](const Node &file) {
    try {
      if (std::optional<FileContent> content = files.content(file)) visit(read(file.label, *content, changed, size));
    } catch (const Error &error) { visit({file.label, 0, "", error.what()}); }
    return true;
  });
}

Contents ContentReader::read(std::string path, const FileContent &file, const Overlay *changed, u64 longest) {
  Contents result{std::move(path), 0, "", file.trouble};
  u64 size = file.bytes ? file.bytes->size() : 0;
  if (size > longest) {
    size = longest;
    result.trouble = "it is longer than the volume";
  }
  if (size > budget) {
    result.trouble = "not read: the files before it are longer than " + std::to_string(disks_together) + " volumes";
    return result;
  }
  std::optional<Places> places = file.bytes ? untouched_places(*file.bytes, size, changed) : std::nullopt;
  auto found = places ? known.find(*places) : known.end();
  if (found != known.end()) {
    result.size = size;
    result.sha256 = found->second;
    return result;
  }
  Sha256 digest;
  Bytes bytes(std::min(block, size));
  for (u64 piece = block; result.size < size;) {
    std::span<u8> part = std::span(bytes).first(std::min(piece, size - result.size));
    try {
      file.bytes->read(result.size, part);
    } catch (const Error &error) {
      if (piece == page) {
        result.trouble = error.what();
        break;
      }
      piece = page; // of a large piece that cannot be read the first pages perhaps can
      continue;
    }
    digest.add(part);
    result.size += part.size();
    budget -= part.size();
  }
  result.sha256 = digest.hex();
  if (places && result.size == size && known.size() < most_known) known.emplace(std::move(*places), result.sha256);
  return result;
}

} // namespace lab
