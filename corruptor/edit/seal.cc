// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which sums does a change make stale? Those of the structures it is in: seals are declared on the
// smallest structure that holds both the sum and what it covers, so the ancestors of what was edited are
// all there is to look at.
#include "edit/seal.h"

#include <algorithm>

#include "edit/parts.h"
#include "edit/put.h"

namespace lab {

namespace {

std::vector<Extent> on_disk(const Node &node, const std::vector<Extent> &ranges) {
  std::vector<Extent> result;
  for (const Extent &range : ranges)
    for (const Extent &extent : node.space->locate(range.at, range.length)) result.push_back(extent);
  return result;
}

/// Where the sum stands: in the node, or in each of its children.
std::vector<Node> holders(const Node &node, const Seal &seal) {
  if (!seal.edge) return {node};
  const Edge &edge = *edge_named(*node.type, seal.edge);
  std::vector<Node> found;
  if (!edge.each) {
    if (std::optional<Node> one = edge.find(node, Key{})) found.push_back(std::move(*one));
    return found;
  }
  edge.each(node, [&](Node one) {
    found.push_back(std::move(one));
    return true;
  });
  return found;
}

} // namespace

void Seals::changed(const Target &target, SealPolicy policy, const std::vector<Extent> &where) {
  extents.insert(extents.end(), where.begin(), where.end());
  int depth = 0;
  for (const Node *n = &target.node; n; n = n->parent.get()) depth++;
  for (const Node *n = &target.node; n; n = n->parent.get(), depth--) {
    if (n->type->seals.empty()) continue;
    auto known = std::find_if(nodes.begin(), nodes.end(), [&](const Sealed &sealed) {
      return sealed.node.type == n->type && sealed.node.at == n->at && path_of(sealed.node) == path_of(*n);
    });
    if (known == nodes.end()) nodes.push_back({*n, depth, policy});
    else known->policy = std::max(known->policy, policy); // a wish for a wrong sum wins over the default
  }
}

void Seals::settle(Overlay &overlay, std::vector<Change> &changes) {
  std::stable_sort(nodes.begin(), nodes.end(), [](const Sealed &a, const Sealed &b) { return a.depth > b.depth; });
  for (const Sealed &sealed : nodes)
    for (const Seal &seal : sealed.node.type->seals)
      for (const Node &holder : holders(sealed.node, seal)) settle_one(overlay, sealed, seal, holder, changes);
}

void Seals::settle_one(Overlay &overlay, const Sealed &sealed, const Seal &seal, const Node &holder,
                       std::vector<Change> &changes) {
  const Node &node = sealed.node;
  Target sum{holder, field_named(*holder.type, seal.field), 0, std::nullopt};
  u64 copies = element_count(holder, *sum.field); // an array holds the same sum in each element
  if (copies == 0) return;
  std::vector<Extent> own;
  for (sum.index = 0; sum.index < copies; sum.index++)
    for (const Extent &extent : extents_of(sum)) own.push_back(extent);
  sum.index = 0;
  if (meet(own, extents)) return;
  Bits old = gather(holder, *sum.field);
  Change change{path_of(sum), "sum recomputed", show(*sum.field, decode(sum.field->kind, old)), "", own};
  u64 right = 0;
  try {
    std::vector<Extent> covered;
    for (const Extent &extent : on_disk(node, seal.covers(node)))
      if (!meet({extent}, own) || extent.length > own[0].length) covered.push_back(extent);
    if (!meet(covered, extents)) return;
    right = seal.sum(node);
  } catch (const Damage &damage) { // the edit took away what says what the sum is over
    changes.push_back({change.path, "sum left stale", change.before, damage.what(), {}});
    return;
  }
  Bits bits = encode(*sum.field, right, old.width);
  if (sealed.policy == SealPolicy::broken) {
    change.verb = "sum broken";
    bits.bytes[0] ^= 0xff;
  } else if (sealed.policy == SealPolicy::stale) {
    change.verb = "sum left stale";
    bits = old;
    change.extents.clear();
  }
  change.after = show(*sum.field, decode(sum.field->kind, bits));
  if (sealed.policy != SealPolicy::stale) {
    for (sum.index = 0; sum.index < copies; sum.index++) put_bits(overlay, sum, bits, change.verb + " " + change.path);
    extents.insert(extents.end(), own.begin(), own.end());
  }
  if (bits != old || sealed.policy != SealPolicy::recompute) changes.push_back(std::move(change));
}

} // namespace lab
