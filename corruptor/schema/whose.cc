// SPDX-License-Identifier: GPL-2.0-or-later
//
// From the root inwards. A structure may lead to bytes outside of itself (a record to its file's clusters, a
// header to its table), so a few steps are taken into structures that do not hold the byte: below the root, and
// below those that a list offered as its owners; but never into all members of a list. What was seen once under one name is not looked at under another: the last edges of a table are
// the shortest ways, and are asked first.
#include "schema/whose.h"

#include <algorithm>
#include <tuple>

namespace lab {

namespace {

constexpr int deepest = 12;       ///< structures nest less deep on any format
constexpr u64 most_asked = 65536; ///< children of one list that are asked; longer ones have `owners`
constexpr int most_led = 2;       ///< record -> attribute -> content; disk -> partition table -> its backup
constexpr u64 unknown_block = 512; ///< of bytes without a row, this much at most is one place

/// Where byte `on_disk` is in the structure as it lies on the disk; none if it is not in it.
std::optional<Extent> inside(const Node &node, u64 on_disk) {
  const Space &space = node.raw ? *node.raw : *node.space;
  std::optional<Extent> found = space.offset_of(on_disk);
  u64 start = node.raw ? node.raw_at : node.at;
  if (!found || found->at < start) return std::nullopt;
  u64 offset = found->at - start, size = size_of(node);
  if (offset >= size) return std::nullopt;
  return Extent{offset, std::min(found->length, size - offset)};
}

/// The element of the row that has the byte at `offset` of the node's space.
std::optional<u64> element_at(const Node &node, const Field &field, u64 offset) {
  auto has = [&](u64 index) {
    if (!present(node, field, index)) return false;
    for (const Extent &range : ranges_of(node, field, index))
      if (offset >= range.at && offset < range.end()) return true;
    return false;
  };
  u64 count = element_count(node, field);
  if (!field.array) return has(0) ? std::optional<u64>(0) : std::nullopt;
  if (count == 0) return std::nullopt;
  u64 low = 0, high = count - 1; // elements follow one another
  while (low < high) {
    u64 middle = low + (high - low + 1) / 2;
    if (ranges_of(node, field, middle)[0].at > offset) high = middle - 1;
    else low = middle;
  }
  return has(low) ? std::optional<u64>(low) : std::nullopt;
}

std::string file_of(const Node &node) {
  for (const Node *n = &node; n; n = n->parent.get())
    if (n->label.starts_with('/')) return n->label;
  return "";
}

/// Passes on what an edge leads to, until `visit` returns false.
void each_child(const Node &node, const Edge &edge, const std::function<bool(const Node &)> &visit) {
  if (edge.each)
    edge.each(node, visit);
  else if (std::optional<Node> found = edge.find(node, Key{}))
    visit(*found);
}

enum class Found { nothing, bytes, row };

using Below = std::map<std::pair<const Edge *, u64>, std::vector<Node>>; ///< as Whose has it

class Search {
public:
  Search(u64 on_disk, Below &below) : on_disk(on_disk), below(below) {}

  std::vector<Owner> owners;

  /// What holds the byte, at or below the node.
  Found enter(const Node &node, int depth, int led, bool lasting) {
    if (depth > deepest) return Found::nothing;
    auto [answered, is_new] = seen.insert({{node.type, disk_offset(node), node.space->size()}, Found::nothing});
    if (!is_new) return answered->second;
    size_t before = owners.size();
    Found found = Found::nothing;
    for (size_t i = node.type->edges.size(); i-- > 0;) found = std::max(found, ask(node, node.type->edges[i], depth, led, lasting));
    if (found != Found::row && take_field(node)) found = Found::row;
    if (found == Found::nothing && take_bytes(node)) found = Found::bytes;
    // A row says more than a range of what it is in; only a volume's files share bytes with others.
    auto is_range = [](const Owner &owner) { return owner.target.field == nullptr; };
    if (found == Found::row && node.type->units.empty())
      owners.erase(std::remove_if(owners.begin() + static_cast<std::ptrdiff_t>(before), owners.end(), is_range), owners.end());
    answered->second = found;
    return found;
  }

private:
  /// `lasting`: the node is there for every byte that is looked for, and what is below it is kept.
  Found ask(const Node &node, const Edge &edge, int depth, int led, bool lasting) {
    Found known = Found::nothing;
    u64 asked = 0;
    bool is_list = edge.keys[0] == '[';
    if (is_list) led = 0;
    auto enter_if_inside = [&](const Node &found) {
      try {
        if (led > 0 || inside(found, on_disk))
          known = std::max(known, enter(found, depth + 1, std::max(led - 1, 0), lasting && (depth == 0 || !is_list)));
      } catch (const Error &) {
        // what is damaged cannot say that it has the byte
      }
      return ++asked < most_asked;
    };
    try {
      if (edge.owners)
        edge.owners(node, on_disk, [&](Node found) {
          known = std::max(known, enter(found, depth + 1, most_led, false));
          return true;
        });
      else if (lasting)
        for (const Node &found : children(node, edge)) enter_if_inside(found);
      else
        each_child(node, edge, enter_if_inside);
    } catch (const Error &) {
      // no such child, or no way to it
    }
    return known;
  }

  /// What an edge leads to, found once.
  const std::vector<Node> &children(const Node &node, const Edge &edge) {
    auto [place, is_new] = below.try_emplace({&edge, disk_offset(node)});
    std::vector<Node> &found = place->second;
    if (is_new)
      try {
        each_child(node, edge, [&](const Node &child) {
          found.push_back(child);
          return found.size() < most_asked;
        });
      } catch (const Error &) {
        // those before it are there
      }
    return found;
  }

  bool take_field(const Node &node) {
    std::optional<Extent> offset = node.space->offset_of(on_disk);
    if (!offset) return false;
    size_t before = owners.size();
    for (const Field &field : node.type->fields) {
      if (field.is_view() || field.alias) continue;
      try {
        std::optional<u64> index = element_at(node, field, offset->at);
        if (!index) continue;
        Target target{node, &field, *index, std::nullopt};
        for (const Extent &extent : extents_of(target))
          if (on_disk >= extent.at && on_disk < extent.end()) {
            owners.push_back({target, {on_disk, extent.end() - on_disk}, file_of(node)});
            break;
          }
      } catch (const Damage &) {
        // a row whose place hangs on damaged bytes
      }
    }
    return owners.size() > before; // several rows may share a byte: four bits each
  }

  bool take_bytes(const Node &node) {
    std::optional<Extent> here = inside(node, on_disk);
    if (!here) return false;
    // A structure with rows may have others further on; a run of plain bytes has not.
    u64 length = node.type->fields.empty() && node.type->edges.empty()
                     ? here->length
                     : std::min(here->length, unknown_block - on_disk % unknown_block);
    owners.push_back({{node, nullptr, 0, Extent{here->at, length}}, {on_disk, length}, file_of(node)});
    return true;
  }

  u64 on_disk;
  Below &below;
  std::map<std::tuple<const Struct *, u64, u64>, Found> seen; ///< and what was found out
};

/// Fields before bytes, small structures before large ones.
std::pair<bool, u64> rank(const Owner &owner) {
  const Node &node = owner.target.node;
  return {owner.target.field == nullptr, node.type->size.constant() && node.type->size.add > 0
                                             ? static_cast<u64>(node.type->size.add)
                                             : node.space->size() - std::min(node.at, node.space->size())};
}

} // namespace

std::vector<Owner> Whose::operator()(u64 on_disk) const {
  if (on_disk >= root.space->size())
    throw Misuse("the disk ends at " + hex_offset(root.space->size()) + ", before " + hex_offset(on_disk));
  Search search(on_disk, below);
  search.enter(root, 0, most_led, true);
  std::ranges::stable_sort(search.owners, {}, rank);
  return std::move(search.owners);
}

void each_located(const Node &root, Extent range, const std::function<bool(Located)> &visit) {
  Whose whose(root);
  for (u64 at = range.at; at < range.end();) {
    Located here{{at, range.end() - at}, whose(at)};
    for (const Owner &owner : here.owners) here.extent.length = std::min(here.extent.length, owner.extent.length);
    at = here.extent.end();
    if (!visit(std::move(here))) return;
  }
}

} // namespace lab
