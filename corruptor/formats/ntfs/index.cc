// SPDX-License-Identifier: GPL-2.0-or-later
//
// An index is a B-tree in collation order. Its root stands in the record ($INDEX_ROOT); what does not fit
// there is in the blocks of an own stream ($INDEX_ALLOCATION). An entry may lead to a block of smaller
// keys. A directory is an index named $I30 over the $FILE_NAME values of the files in it.
//
// A driver descends by comparing names; one wrong comparison and a file is not there. Here all entries
// that any pointer leads to are found, for what is to be damaged next must be found, too.
//
// https://flatcap.github.io/linux-ntfs/ntfs/concepts/tree/index.html
#include "formats/ntfs/index.h"

#include <set>

#include "base/checked.h"
#include "device/mapped.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/geometry.h"
#include "formats/ntfs/index_node.h"
#include "formats/ntfs/lookup.h"
#include "formats/ntfs/stream.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

/// A tree over 2^32 names, a few to a block, is less deep than this.
constexpr int deepest_tree = 32;

/// Blocks are counted in clusters, or in units of this size where a cluster is larger than a block.
constexpr u64 small_unit = 512;

/// One index: its root, and the stream that holds its blocks, if it has one. Its blocks and entries are shown
/// as children of `holder`: the record for the one that `index` shows, a node of its own (`tree`) for any.
struct Index {
  Node holder;
  const char *block_edge;
  const char *entry_edge;
  Node root;
  SpacePtr blocks;
  u64 block_bytes = 0;
  u64 unit = 0; ///< what entries count blocks in, in bytes
};

const Node &record_of(const Node &holder) { return holder.type == &tables::tree ? *holder.parent : holder; }

/// The index that `holder` shows: a tree its own, a record that of the names.
std::optional<Index> index_of(const Node &holder) {
  bool is_tree = holder.type == &tables::tree;
  const Node &record = record_of(holder);
  std::optional<Node> root = find_index_root(record, is_tree ? Key{Key::text, 0, holder.label} : Key{});
  if (!root) return std::nullopt;
  const Shape &shape = geometry_of(record).shape;
  Index index{holder,
              is_tree ? "block" : "index_block",
              is_tree ? "entry" : "index",
              *root,
              nullptr,
              number(*root, "index_block_size"),
              0};
  bool is_power_of_two = (index.block_bytes & (index.block_bytes - 1)) == 0;
  if (!is_power_of_two || index.block_bytes < small_unit ||
      index.block_bytes > std::max(largest_block, shape.cluster_bytes))
    index.block_bytes = shape.index_block_bytes;
  index.unit = shape.cluster_bytes <= index.block_bytes ? shape.cluster_bytes : small_unit;
  if (std::optional<Node> allocation = find_attribute(record, index_allocation_type, root->label))
    index.blocks = content_of(*allocation);
  return index;
}

u64 block_count(const Index &index) { return index.blocks ? index.blocks->size() / index.block_bytes : 0; }

Node block_at(const Index &index, u64 at) {
  return index_block_node(index.holder, index.root, keyed(index.block_edge, at / index.block_bytes),
                          slice_of(index.blocks, at, index.block_bytes));
}

/// The block of smaller keys that an entry leads to.
Node block_below(const Index &index, const Node &entry) {
  u64 at = checked_mul(number(entry, "child_vcn"), index.unit, "child_vcn", disk_offset(entry));
  if (!index.blocks) damaged(entry, 0, "leads to a block, but there is no $INDEX_ALLOCATION");
  if (at >= index.blocks->size() || index.blocks->size() - at < index.block_bytes)
    damaged(entry, 0,
            "leads to a block at " + std::to_string(at) + ", past the end of the index at " +
                std::to_string(index.blocks->size()));
  Node block = block_at(index, at);
  std::string magic = std::get<std::string>(value_of(block, *field_named(tables::index_block, "magic")));
  if (magic != "INDX") damaged(block, 0, "magic is not \"INDX\"");
  return block;
}

/// A walk over the whole tree that survives what it meets.
class Walk {
 public:
  Walk(const Index &index, const Visit &visit) : index(index), visit(visit) {}

  void run() {
    entries_of(index.root, 0);
    if (damage && !stopped) throw *damage;
  }

 private:
  void entries_of(const Node &root_or_block, int depth) {
    try {
      each_entry(root_or_block, [&](Node entry) { return take(std::move(entry), depth); });
    } catch (const Damage &error) { remember(error); }
  }

  bool take(Node entry, int depth) {
    if (number(entry, "has_child")) descend(entry, depth + 1);
    if (stopped || number(entry, "last")) return !stopped;
    stopped = !visit(renamed(std::move(entry), index.holder, keyed(index.entry_edge, count++)));
    return !stopped;
  }

  void descend(const Node &entry, int depth) {
    try {
      entries_of(below(entry, depth), depth);
    } catch (const Damage &error) { remember(error); }
  }

  void remember(const Damage &error) {
    if (!damage) damage = error;
  }

  Node below(const Node &entry, int depth) {
    if (depth > deepest_tree)
      damaged(entry, 0, "leads deeper than " + std::to_string(deepest_tree) + " levels");
    u64 vcn = number(entry, "child_vcn");
    if (visited.contains(vcn)) damaged(entry, 0, "leads to a block that another entry leads to");
    Node block = block_below(index, entry);
    visited.insert(vcn);
    return block;
  }

  const Index &index;
  const Visit &visit;
  std::set<u64> visited;
  std::optional<Damage> damage;
  u64 count = 0;
  bool stopped = false;
};

std::optional<Node> root_of(const Node &tree, const Key &) {
  std::optional<Node> root = find_index_root(record_of(tree), {Key::text, 0, tree.label});
  if (!root) return std::nullopt;
  return renamed(std::move(*root), tree, "root");
}

constexpr Edge tree_edges[] = {
    {"root", "", &tables::index_root, "the node in the record", root_of, nullptr, true},
    {"block", "[n]", &tables::index_block, "the other nodes in the order they are stored", find_index_block,
     each_index_block},
    {"entry", "[n]", &tables::view_entry, "the entries in order, over the root and all blocks",
     find_index_entry, each_index_entry},
};

std::optional<Node> only_one(const std::vector<Node> &found, const std::string &name) {
  if (found.empty()) return std::nullopt;
  if (found.size() == 1) return found[0];
  std::string all;
  for (const Node &one : found) all += "\n  " + path_of(one) + " " + one.label;
  throw Misuse(keyed("index", name) + " is ambiguous; say which:" + all);
}

/// Two walks, so that no more is kept than what fits: a directory may have a million names.
std::optional<Node> entry_named(const Node &holder, const std::string &name) {
  std::vector<Node> found;
  std::optional<Damage> damage;
  auto look = [&](const std::function<bool(const Node &)> &fits) {
    try {
      each_index_entry(holder, [&](Node entry) {
        if (fits(entry)) found.push_back(std::move(entry));
        return true;
      });
    } catch (const Damage &error) { damage = error; }
  };
  look([&](const Node &entry) { return entry.label == name; });
  if (!found.empty()) return only_one(found, name);
  const UpperCase &upper = upper_case_of(holder);
  std::u16string wanted = upper(name);
  look([&](const Node &entry) { return upper(entry.label) == wanted; });
  if (found.empty() && damage) throw *damage;
  return only_one(found, name);
}

} // namespace

namespace tables {
constexpr Struct tree = {
    .name = "ntfs.tree",
    .meaning = "an index as a whole",
    .size = 0,
    .edges = tree_edges,
    .source = "https://flatcap.github.io/linux-ntfs/ntfs/concepts/tree/index.html",
};
static_assert(sound(tree));
} // namespace tables

void each_index_root(const Node &record, const Visit &visit) {
  each_attribute(record, [&](Node attribute) {
    if (number(attribute, "type") != index_root_type) return true;
    return visit(root_node(record, attribute, keyed("index_root", name_of(attribute))));
  });
}

std::optional<Node> find_index_root(const Node &record, const Key &key) {
  std::optional<Node> found;
  each_index_root(record, [&](Node root) {
    bool is_it = key.is == Key::text ? root.label == key.name : key.is == Key::none && root.label == "$I30";
    bool first = key.is == Key::none && !found;
    if (is_it || first) found = std::move(root);
    return !is_it;
  });
  if (found && key.is == Key::none) found->name = "index_root";
  return found;
}

void each_tree(const Node &record, const Visit &visit) {
  each_index_root(record, [&](Node root) {
    Node tree = child(record, tables::tree, keyed("tree", root.label), root.space, root.at);
    tree.label = root.label;
    return visit(std::move(tree));
  });
}

std::optional<Node> find_index_block(const Node &holder, const Key &key) {
  std::optional<Index> index = index_of(holder);
  if (!index || key.is != Key::number || key.index >= block_count(*index)) return std::nullopt;
  return block_at(*index, key.index * index->block_bytes);
}

void each_index_block(const Node &holder, const Visit &visit) {
  std::optional<Index> index = index_of(holder);
  if (!index) return;
  for (u64 n = 0, count = block_count(*index); n < count; n++)
    if (!visit(block_at(*index, n * index->block_bytes))) return;
}

void each_index_entry(const Node &holder, const Visit &visit) {
  if (std::optional<Index> index = index_of(holder)) Walk(*index, visit).run();
}

std::optional<Node> entry_by_descent(const Node &record, const std::string &name) {
  try {
    std::optional<Index> index = index_of(record);
    if (!index) return std::nullopt;
    const UpperCase &upper = upper_case_of(record);
    std::u16string wanted = upper(name);
    Node at = index->root;
    for (int depth = 0; depth <= deepest_tree; depth++) {
      std::optional<Node> next, found;
      each_entry(at, [&](Node entry) { // up to the first that is not smaller
        bool last = number(entry, "last") != 0;
        if (!last && upper(entry.label) < wanted) return true;
        if (!last && entry.label == name) found = std::move(entry);
        else next = std::move(entry);
        return false;
      });
      if (found) return renamed(std::move(*found), index->holder, keyed(index->entry_edge, name));
      if (!next || !number(*next, "has_child")) return std::nullopt;
      at = block_below(*index, *next);
    }
  } catch (const Damage &) {
    // a driver would give up here, too
  }
  return std::nullopt;
}

std::optional<Node> find_index_entry(const Node &holder, const Key &key) {
  if (key.is == Key::text) return entry_named(holder, key.name);
  std::optional<Node> found;
  u64 n = 0;
  each_index_entry(holder, [&](Node entry) {
    if (key.is == Key::number && n++ == key.index) found = std::move(entry);
    return !found;
  });
  return found;
}

} // namespace lab::ntfs
