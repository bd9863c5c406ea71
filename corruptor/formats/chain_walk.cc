// SPDX-License-Identifier: GPL-2.0-or-later
//
// A chain that leads back to itself claims a cluster twice, like one that runs into another file's; so claims are all
// that is needed to end every walk.
#include "formats/chain_walk.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "schema/fixed.h"

namespace lab {

namespace {

constexpr u64 window_bytes = u64{3} << 18; // a multiple of three bytes, so that no pair of 12-bit entries is cut
constexpr u64 slots_at_once = u64{256} << 10;

} // namespace

ChainWalk::ChainWalk(LinkTable links, Census &into) : table(std::move(links)), clusters(table.cluster_count), census(into) {}

void ChainWalk::load(u64 at) {
  window_at = at / window_bytes * window_bytes;
  window.assign(std::min(window_bytes, table.bytes - window_at) + fixed_slack, 0);
  table.volume->read(table.at + window_at, std::span(window).first(window.size() - fixed_slack));
  census.bytes_read += window.size() - fixed_slack;
}

u64 ChainWalk::entry(u64 cluster) {
  u64 bit = cluster * table.width, at = bit / 8;
  if (at / window_bytes * window_bytes != window_at) load(at);
  u32 value;
  std::memcpy(&value, window.data() + (at - window_at), sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap32(value);
  return value >> bit % 8 & table.mask;
}

void ChainWalk::add(std::vector<Piece> *pieces, u64 cluster, u64 count) const {
  if (!pieces) return;
  u64 at = table.heap_at + (cluster - 2) * table.cluster_bytes, length = count * table.cluster_bytes;
  if (!pieces->empty() && *pieces->back().parent_at + pieces->back().length == at) pieces->back().length += length;
  else pieces->push_back({length, at});
}

u64 ChainWalk::follow(u64 first, const Wrong &wrong, std::vector<Piece> *pieces) {
  u64 count = 0, link_at = 0;
  for (u64 cluster = first;;) {
    if (!table.is_cluster(cluster)) {
      const char *what = cluster == 0 ? "a free cluster" : cluster == table.bad ? "a bad cluster" : "no cluster of the volume";
      wrong(link_at, fmt::format("the chain leads to {} ({}) after {} clusters", cluster, what, count));
      return count;
    }
    if (!has_entry(cluster)) {
      wrong(link_at, fmt::format("the FAT of {} bytes has no entry for cluster {}", table.bytes, cluster));
      return count;
    }
    if (clusters.claim(cluster - 2, 1)) {
      wrong(link_at, fmt::format("cluster {} belongs to another file, or the chain leads back to it", cluster));
      return count;
    }
    add(pieces, cluster, 1);
    count++;
    link_at = table.at + cluster * table.width / 8;
    u64 next = entry(cluster);
    if (next >= table.end) return count;
    cluster = next;
  }
}

u64 ChainWalk::take(u64 first, u64 count, const Wrong &wrong, std::vector<Piece> *pieces) {
  if (!table.is_cluster(first)) {
    wrong(0, fmt::format("first cluster {}: the volume has 2 to {}", first, table.cluster_count + 1));
    return 0;
  }
  u64 there = std::min(count, table.cluster_count + 2 - first);
  if (there < count) wrong(0, fmt::format("{} clusters from {} on go past the last one, {}", count, first, table.cluster_count + 1));
  if (std::optional<u64> taken = clusters.claim(first - 2, there)) wrong(0, fmt::format("cluster {} belongs to another file", *taken + 2));
  add(pieces, first, there);
  return there;
}

void ChainWalk::each_window(const Space &directory, const std::function<u64(u64 at, std::span<const u8> slots)> &use) {
  u64 size = directory.size(), kept = 0;
  slots.resize(slots_at_once + slots_at_once + fixed_slack);
  for (u64 at = 0; at < size;) {
    u64 more = std::min(slots_at_once, size - at);
    directory.read(at, std::span(slots).subspan(kept, more));
    census.bytes_read += more;
    at += more;
    u64 there = kept + more, done = use(at - there, std::span(slots).first(there));
    if (done == 0 || there - done > slots_at_once) return;
    std::memmove(slots.data(), slots.data() + done, there - done);
    kept = there - done;
  }
}

} // namespace lab
