// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where on the disk a file is, its entry with its long name and the clusters of its chain; and what they hold.
#include <fmt/format.h>

#include "formats/fat/fat.h"
#include "schema/value.h"

namespace lab {

namespace {

constexpr u64 slot = 32;

void places(const Node &file, const std::function<void(Extent)> &take) {
  u64 parts = 0;
  edge_named(*file.type, "lfn")->each(file, [&](Node) { return ++parts; });
  take({disk_offset(file) - parts * slot, (parts + 1) * slot});
  const Geometry &g = geometry(file);
  try {
    each_cluster(file, number(file, "first_cluster"), [&](u64 cluster) {
      for (const Extent &extent : fat_facts(file).volume->locate(cluster_offset(g, cluster), g.cluster_size)) take(extent);
      return true;
    });
  } catch (const Damage &) {
    // the clusters before the damaged link are known
  }
}

} // namespace

std::optional<FileContent> file_content(const Node &file) {
  if (number(file, "attributes") & 0x18) return std::nullopt; // a directory, or a label
  FileContent result{number(file, "size"), nullptr, ""};
  u64 first = number(file, "first_cluster");
  if (result.size == 0) return result;
  if (first == 0) {
    result.trouble = fmt::format("no cluster, though the entry says {} bytes", result.size);
    return result;
  }
  ChainSpace chain = chain_space(file, first, result.size);
  result.bytes = chain.space;
  if (chain.damage) result.trouble = chain.damage->what();
  else if (chain.space->size() < result.size)
    result.trouble = fmt::format("the chain holds {} bytes, the entry says {}", chain.space->size(), result.size);
  return result;
}

void each_owner(const Node &volume, u64 on_disk, const Visit &visit) {
  each_owner({each_file, find_file, places}, volume, fat_facts(volume).owners, on_disk, visit);
}

} // namespace lab
