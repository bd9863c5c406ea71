// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where on the disk a file is: its set of entries in a directory, and its bytes.
#include "formats/exfat/directory.h"
#include "schema/path.h"

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

void each_owner(const Node &volume, u64 on_disk, const Visit &visit) {
  lab::each_owner({each_file, find_file, places}, volume, volume_facts(volume).owners, on_disk, visit);
}

} // namespace lab::exfat
