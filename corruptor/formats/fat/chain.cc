// SPDX-License-Identifier: GPL-2.0-or-later
//
// Following a file from cluster to cluster. On a sound volume a chain ends with a mark; on a damaged
// one it may lead to a free or bad cluster, past the end, or back to where it was. Each of these ends
// the walk with Damage at the entry that holds the wrong number, and what came before is still good.
#include <fmt/format.h>

#include "base/checked.h"
#include "device/mapped.h"
#include "formats/fat/fat.h"
#include "schema/value.h"

namespace lab {

namespace {

/// Reads entries through a window, since a chain mostly goes on near by and a read of its own for each
/// of a million entries would be a round trip each.
class TableReader {
 public:
  explicit TableReader(const Node &node) : node(node), g(geometry(node)), facts(fat_facts(node)) {}

  u64 entry(u64 cluster) {
    u64 bit = cluster * static_cast<u64>(facts.width);
    if ((bit + static_cast<u64>(facts.width) + 7) / 8 > g.fat_size)
      damaged(node, 0, fmt::format("the FAT of {} bytes has no entry for cluster {}", g.fat_size, cluster));
    u64 value = 0;
    for (u64 i = 0; i < 4 && bit / 8 + i < g.fat_size; i++)
      value |= static_cast<u64>(byte(bit / 8 + i)) << (8 * i);
    if (facts.width == 32) return value & 0x0fffffff;
    return value >> (bit % 8) & ((u64{1} << facts.width) - 1);
  }

 private:
  static constexpr u64 window_size = 16384;

  u8 byte(u64 at) {
    u64 start = at / window_size * window_size;
    if (window.empty() || start != window_at) {
      window_at = start;
      u64 place = g.fat_offset + g.active_fat * g.fat_size + start;
      window = bytes_at(*facts.volume, place, std::min(window_size, g.fat_size - start));
    }
    return window[at - start];
  }

  const Node &node;
  const Geometry &g;
  const FatFacts &facts;
  Bytes window;
  u64 window_at = 0;
};

/// What keeps a chain from going on to `next`, or empty.
std::string obstacle(const Geometry &g, int width, u64 next, const std::vector<bool> &seen) {
  u64 highest = width == 32 ? 0x0fffffff : (u64{1} << width) - 1;
  if (next == 0) return "the chain leads to a free cluster";
  if (next == highest - 8) return "the chain leads to a bad cluster";
  if (next < 2 || next >= g.cluster_count + 2)
    return fmt::format("the chain leads to cluster {}, expected 2 to {} or an end mark", next,
                       g.cluster_count + 1);
  if (next < seen.size() && seen[next]) return fmt::format("the chain leads back to cluster {}", next);
  return "";
}

bool is_end(int width, u64 next) { return next >= (width == 32 ? 0x0ffffff8 : (u64{1} << width) - 8); }

} // namespace

u64 cluster_offset(const Geometry &g, u64 cluster) {
  return checked_add(g.data_offset, checked_mul(cluster - 2, g.cluster_size, "the cluster's place"),
                     "the cluster's place");
}

Node link_node(const Node &parent, std::string name, u64 cluster, u64 fat) {
  const FatFacts &facts = fat_facts(parent);
  const Geometry &g = geometry(parent);
  u64 bit = checked_mul(cluster, static_cast<u64>(facts.width), "the cluster's entry");
  const Struct &type = facts.width == 32   ? fat32_link_struct
                       : facts.width == 16 ? fat16_link_struct
                                           : fat12_link_struct;
  Node link = child(parent, type, std::move(name), facts.volume, g.fat_offset + fat * g.fat_size + bit / 8);
  link.given = static_cast<i64>(cluster);
  return link;
}

void each_cluster(const Node &node, u64 first, const std::function<bool(u64 cluster)> &visit) {
  const Geometry &g = geometry(node);
  int width = fat_facts(node).width;
  std::vector<bool> seen; // grows to the highest cluster met: 32 MiB for the largest FAT32
  std::string wrong = obstacle(g, width, first, seen);
  if (!wrong.empty()) damaged(node, 0, fmt::format("first cluster {}: {}", first, wrong));
  TableReader table(node);
  for (u64 cluster = first;;) {
    if (!visit(cluster)) return;
    u64 next = table.entry(cluster); // before there is memory for it: a number that no table has may be 2^32
    if (seen.size() <= cluster) seen.resize(cluster + 1);
    seen[cluster] = true;
    if (is_end(width, next)) return;
    wrong = obstacle(g, width, next, seen);
    if (!wrong.empty()) damaged(link_node(node, "table", cluster, g.active_fat), 0, wrong);
    cluster = next;
  }
}

ChainSpace chain_space(const Node &node, u64 first, u64 most) {
  const Geometry &g = geometry(node);
  ChainSpace chain;
  std::vector<Piece> pieces;
  u64 length = 0;
  try {
    if (most > 0)
      each_cluster(node, first, [&](u64 cluster) {
        u64 at = cluster_offset(g, cluster), size = std::min(g.cluster_size, most - length);
        if (!pieces.empty() && *pieces.back().parent_at + pieces.back().length == at)
          pieces.back().length += size;
        else
          pieces.push_back({size, at});
        length += size;
        return length < most;
      });
  } catch (const Damage &damage) { chain.damage = damage; }
  chain.space = std::make_shared<MappedSpace>(fat_facts(node).volume, std::move(pieces));
  return chain;
}

} // namespace lab
