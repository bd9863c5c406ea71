// SPDX-License-Identifier: GPL-2.0-or-later
//
// Following a file from cluster to cluster. On a sound volume a chain ends with a mark; on a damaged
// one it may lead to a free or bad cluster, past the end, or back to where it was. Each of these ends
// the walk with Damage at the entry that holds the wrong number, and what came before is still good.
// A file in one piece has no chain: its clusters are counted from its length, and may leave the heap.
#include "formats/exfat/clusters.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/checked.h"
#include "formats/exfat/tables.h"
#include "schema/value.h"

namespace lab::exfat {

namespace {

constexpr u64 bad_cluster = 0xfffffff7;
constexpr u64 end_of_chain = 0xffffffff;
constexpr u64 bytes_per_entry = 4;

/// Reads entries through a window, since a chain mostly goes on near by.
class TableReader {
 public:
  explicit TableReader(const Node &node) : g(geometry_of(node)), volume(*volume_facts(node).volume) {}

  u64 entry(u64 cluster) {
    u64 at = cluster * bytes_per_entry, start = at / window_size * window_size;
    if (window.empty() || start != window_at) {
      window_at = start;
      window = bytes_at(volume, g.fat_at + g.active_fat * g.fat_bytes + start,
                        std::min(window_size, g.fat_bytes - start));
    }
    u64 value = 0;
    for (u64 i = 0; i < bytes_per_entry; i++) value |= static_cast<u64>(window[at - start + i]) << (8 * i);
    return value;
  }

 private:
  static constexpr u64 window_size = 16384;

  const Geometry &g;
  const Space &volume;
  Bytes window;
  u64 window_at = 0;
};

bool is_in_heap(const Geometry &g, u64 cluster) {
  return cluster >= first_cluster_number && cluster < g.past_last_cluster();
}

/// What keeps a chain from going on to `next`, or empty.
std::string obstacle(const Geometry &g, u64 next, const std::vector<bool> &seen) {
  if (next == 0) return "the chain leads to a free cluster";
  if (next == bad_cluster) return "the chain leads to a bad cluster";
  if (!is_in_heap(g, next))
    return fmt::format("the chain leads to cluster {}, expected 2 to {} or an end mark", next,
                       g.cluster_count + 1);
  if (next < seen.size() && seen[next]) return fmt::format("the chain leads back to cluster {}", next);
  return "";
}

u64 clusters_in(const Geometry &g, u64 bytes) {
  return bytes / g.cluster_bytes + (bytes % g.cluster_bytes != 0);
}

[[noreturn]] void leaves_heap(const Node &node, const Geometry &g, u64 cluster) {
  damaged(node, 0,
          fmt::format("the data lie in one piece and would go on in cluster {}, but the last one is {}",
                      cluster, g.cluster_count + 1));
}

void each_in_a_row(const Node &node, const Geometry &g, const Allocation &a,
                   const std::function<bool(u64 cluster)> &visit) {
  for (u64 n = 0; n < clusters_in(g, a.bytes); n++) { // ends with the heap, whatever the length
    u64 cluster = a.first_cluster + n;
    if (!is_in_heap(g, cluster)) leaves_heap(node, g, cluster);
    if (!visit(cluster)) return;
  }
}

} // namespace

u64 cluster_at(const Geometry &g, u64 cluster) {
  return checked_add(g.heap_at,
                     checked_mul(cluster - first_cluster_number, g.cluster_bytes, "the cluster's place"),
                     "the cluster's place");
}

Node link_node(const Node &parent, std::string name, u64 cluster, u64 fat) {
  const Geometry &g = geometry_of(parent);
  u64 at =
      g.fat_at + fat * g.fat_bytes + cluster * bytes_per_entry; // checked: a cluster of the heap has an entry
  Node link = child(parent, tables::link, std::move(name), volume_facts(parent).volume, at);
  link.given = static_cast<i64>(cluster);
  return link;
}

void each_cluster(const Node &node, const Allocation &a, const std::function<bool(u64 cluster)> &visit) {
  const Geometry &g = geometry_of(node);
  if (a.contiguous) return each_in_a_row(node, g, a, visit);
  std::vector<bool> seen; // grows to the highest cluster met
  std::string wrong = obstacle(g, a.first_cluster, seen);
  if (!wrong.empty()) damaged(node, 0, fmt::format("first cluster {}: {}", a.first_cluster, wrong));
  TableReader table(node);
  for (u64 cluster = a.first_cluster;;) {
    if (!visit(cluster)) return;
    if (seen.size() <= cluster) seen.resize(cluster + 1);
    seen[cluster] = true;
    u64 next = table.entry(cluster);
    if (next == end_of_chain) return;
    wrong = obstacle(g, next, seen);
    if (!wrong.empty()) damaged(link_node(node, "fat", cluster, g.active_fat), 0, wrong);
    cluster = next;
  }
}

Content content_of(const Node &node, const Allocation &allocation, u64 most) {
  const Geometry &g = geometry_of(node);
  Content content;
  u64 length = 0;
  try {
    if (most > 0)
      each_cluster(node, allocation, [&](u64 cluster) {
        u64 at = cluster_at(g, cluster), size = std::min(g.cluster_bytes, most - length);
        std::vector<Piece> &pieces = content.pieces;
        if (!pieces.empty() && *pieces.back().parent_at + pieces.back().length == at)
          pieces.back().length += size;
        else
          pieces.push_back({size, at});
        length += size;
        return length < most;
      });
  } catch (const Damage &damage) { content.damage = damage; }
  content.space = std::make_shared<MappedSpace>(volume_facts(node).volume, content.pieces);
  return content;
}

void each_link(const Node &parent, const Allocation &allocation, const Visit &visit) {
  u64 fat = geometry_of(parent).active_fat, n = 0;
  each_cluster(parent, allocation,
               [&](u64 cluster) { return visit(link_node(parent, keyed("chain", n++), cluster, fat)); });
}

std::optional<Node> find_link(const Node &parent, const Allocation &a, const Key &key) {
  if (key.is != Key::number) return std::nullopt;
  const Geometry &g = geometry_of(parent);
  if (a.contiguous) {
    if (key.index >= clusters_in(g, a.bytes)) return std::nullopt;
    u64 cluster = checked_add(a.first_cluster, key.index, "the cluster's number");
    if (!is_in_heap(g, cluster)) leaves_heap(parent, g, cluster);
    return link_node(parent, keyed("chain", key.index), cluster, g.active_fat);
  }
  std::optional<Node> found;
  u64 n = 0;
  each_cluster(parent, a, [&](u64 cluster) {
    if (n++ == key.index) found = link_node(parent, keyed("chain", key.index), cluster, g.active_fat);
    return !found;
  });
  return found;
}

} // namespace lab::exfat
