// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file's clusters, whether they follow one another or a chain in the FAT tells.
#pragma once

#include <functional>

#include "device/mapped.h"
#include "formats/exfat/geometry.h"

namespace lab::exfat {

/// Where data are, as a directory entry has it.
struct Allocation {
  u64 first_cluster = 0;
  u64 bytes = 0;
  bool contiguous = false; ///< NoFatChain
};

u64 cluster_at(const Geometry &geometry, u64 cluster);

/// A cluster's entry in FAT number `fat`; knows the cluster.
Node link_node(const Node &parent, std::string name, u64 cluster, u64 fat);

/// Visits clusters in order; Damage, at what is wrong, where they do not end well. A chain is followed
/// to its end mark, whatever `bytes` says.
void each_cluster(const Node &node, const Allocation &allocation,
                  const std::function<bool(u64 cluster)> &visit);

/// Clusters as one space, as far as they go, and why they go no further. No longer than `most` bytes.
struct Content {
  SpacePtr space;
  std::vector<Piece> pieces; ///< of the space, in the volume
  std::optional<Damage> damage;
};
Content content_of(const Node &node, const Allocation &allocation, u64 most);

/// The FAT entries of an allocation's clusters, as children of `parent` called `chain[n]`.
void each_link(const Node &parent, const Allocation &allocation, const Visit &visit);
std::optional<Node> find_link(const Node &parent, const Allocation &allocation, const Key &key);

} // namespace lab::exfat
