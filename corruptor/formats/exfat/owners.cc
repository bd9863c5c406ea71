// SPDX-License-Identifier: GPL-2.0-or-later
//
// From a place on the disk to the file that it belongs to: its bytes, or its set of entries in a directory.
#include "formats/exfat/directory.h"
#include "schema/path.h"

namespace lab::exfat {

namespace {

std::optional<Node> content_of_file(const Node &file) {
  try {
    return edge_named(*file.type, "content")->find(file, Key{});
  } catch (const Damage &) {
    return std::nullopt;
  }
}

void add(const Node &node, u64 number, FileOwners &owners) {
  try {
    for (const Extent &extent : extents_of({node, nullptr, 0, std::nullopt})) owners.places.add(extent.at, extent.length, number);
  } catch (const Error &) {
    // what is nowhere on the disk owns nothing
  }
}

std::shared_ptr<const FileOwners> all_files(const Node &volume) {
  auto owners = std::make_shared<FileOwners>();
  try {
    each_file(volume, [&](Node file) {
      owners->paths.push_back(file.label);
      add(file, owners->paths.size() - 1, *owners);
      if (std::optional<Node> content = content_of_file(file)) add(*content, owners->paths.size() - 1, *owners);
      return true;
    });
  } catch (const Damage &) {
    // directories that cannot be read list nothing
  }
  owners->places.finish();
  return owners;
}

} // namespace

void each_owner(const Node &volume, u64 on_disk, const Visit &visit) {
  const VolumeFacts &facts = volume_facts(volume);
  if (!facts.owners) facts.owners = all_files(volume);
  facts.owners->places.each(on_disk, [&](u64 number) {
    if (std::optional<Node> file = find_file(volume, {Key::text, 0, facts.owners->paths[number]})) visit(std::move(*file));
  });
}

} // namespace lab::exfat
