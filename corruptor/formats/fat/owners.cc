// SPDX-License-Identifier: GPL-2.0-or-later
//
// From a place on the disk to the file that it belongs to: one of its clusters, or its entry in a directory.
// The chains of all files together know that.
#include "formats/fat/fat.h"
#include "schema/value.h"

namespace lab {

namespace {

constexpr u64 slot = 32;

void add_file(const Node &file, u64 number, FileOwners &owners) {
  u64 parts = 0;
  edge_named(*file.type, "lfn")->each(file, [&](Node) { return ++parts; });
  owners.places.add(disk_offset(file) - parts * slot, (parts + 1) * slot, number);
  const Geometry &g = geometry(file);
  try {
    each_cluster(file, lab::number(file, "first_cluster"), [&](u64 cluster) {
      for (const Extent &extent : fat_facts(file).volume->locate(cluster_offset(g, cluster), g.cluster_size))
        owners.places.add(extent.at, extent.length, number);
      return true;
    });
  } catch (const Damage &) {
    // the clusters before the damaged link are known
  }
}

std::shared_ptr<const FileOwners> all_files(const Node &volume) {
  auto owners = std::make_shared<FileOwners>();
  try {
    each_file(volume, [&](Node file) {
      owners->paths.push_back(file.label);
      add_file(file, owners->paths.size() - 1, *owners);
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
  const FatFacts &facts = fat_facts(volume);
  if (!facts.owners) facts.owners = all_files(volume);
  facts.owners->places.each(on_disk, [&](u64 number) {
    if (std::optional<Node> file = find_file(volume, {Key::text, 0, facts.owners->paths[number]})) visit(std::move(*file));
  });
}

} // namespace lab
