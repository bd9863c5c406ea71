// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where on the disk a file is, its set of entries in a directory and its clusters; and what they hold. Bytes past the valid
// length were never written and read as zero.
#include <fmt/format.h>

#include "formats/exfat/directory.h"
#include "schema/path.h"
#include "schema/value.h"

namespace lab::exfat {

namespace {

void places_of(const Node &node, const std::function<void(Extent)> &take) {
  try {
    for (const Extent &extent : extents_of({node, nullptr, 0, std::nullopt})) take(extent);
  } catch (const Error &) {
    // what is nowhere on the disk owns nothing
  }
}

void places(const Node &file, const std::function<void(Extent)> &take) {
  places_of(file, take);
  try {
    if (std::optional<Node> content = edge_named(*file.type, "content")->find(file, Key{})) places_of(*content, take);
  } catch (const Damage &) {
    // its bytes cannot be found
  }
}

} // namespace

std::optional<FileContent> file_content(const Node &file) {
  Listed set = read_set(*file.space, file.at);
  if (set.is_directory() || !set.has_stream) return std::nullopt; // without a stream extension drivers ignore it
  FileContent result{set.allocation.bytes, nullptr, ""};
  if (result.size == 0) return result;
  Content stored = content_of(file, set.allocation, result.size);
  u64 valid = number(*edge_named(*file.type, "stream")->find(file, Key{}), "valid_data_length"), there = stored.space->size();
  result.bytes = stored.space;
  if (valid < there) result.bytes = std::make_shared<MappedSpace>(stored.space, std::vector<Piece>{{valid, 0}, {there - valid, std::nullopt}});
  if (stored.damage) result.trouble = stored.damage->what();
  else if (there < result.size)
    result.trouble = fmt::format("the chain holds {} bytes, the stream extension says {}", there, result.size);
  return result;
}

void each_owner(const Node &volume, u64 on_disk, const Visit &visit) {
  lab::each_owner({each_file, find_file, places}, volume, volume_facts(volume).owners, on_disk, visit);
}

} // namespace lab::exfat
