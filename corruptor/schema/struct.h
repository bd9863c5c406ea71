// SPDX-License-Identifier: GPL-2.0-or-later
//
// A structure is a handful of tables: fields (its bits), edges (its named children), seals (sums over
// bytes), mirrors (which child is a copy of which) and units (what a cluster or a sector is here). Only
// edges, seals and units have code, a few lines each. Tables are constexpr, and a bad one does not
// compile: `static_assert(sound(table))`.
//
// A Node is a structure at a place. Reading a damaged image gives nodes with damage in them, never a
// refusal: an edge throws Damage with an offset, and whoever walks notes it and goes on.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "device/device.h"
#include "schema/field.h"

namespace lab {

struct Struct;

/// What a format found out once and its nodes share: cluster size, where $MFT is. Formats derive.
struct Facts {
  virtual ~Facts() = default;
};

struct Node {
  const Struct *type = nullptr;
  SpacePtr space;
  u64 at = 0;                         ///< of the structure's first byte, in `space`
  SpacePtr raw;                       ///< its bytes as they lie on the disk, if `space` reads them
  u64 raw_at = 0;                     ///< otherwise (behind fixups): what `zero` and `@` ranges mean
  std::string name;                   ///< the last step of its path: "boot", "mft[5]"
  std::string label;                  ///< the key that is a text, if any: the file's name
  std::shared_ptr<const Node> parent; ///< none for the disk
  i64 given = 0;                      ///< what the node before knew: the LCN that a run's step starts from
  std::shared_ptr<const Facts> facts; ///< null: the parent's
  std::vector<std::string> notes;     ///< damage that did not prevent making this node
};

/// A change of one stored field; what the setting of a view becomes.
struct Edit {
  Node node;
  const char *field;
  Value value;
};

/// What stands in brackets after a name: nothing, a number, a text, or the numbers from `index` to before `end`.
struct Key {
  enum Is { none, number, text, slice } is = none;
  u64 index = 0;
  std::string name;
  u64 end = 0;
};

/// Takes a child; false ends the visit.
using Visit = std::function<bool(Node)>;

/// A named child, or children. At least one of `find` and `each` is there; what is missing is derived:
/// `find` from `each` by name or label, `each` of a single child from `find` without a key.
struct Edge {
  const char *name;
  const char *keys; ///< what the key may be, for the docs: "", "[n]", "[n] or [\"name\"]", " or [\"name\"]"
  const Struct *type; ///< of the children, for the docs
  const char *meaning;
  std::optional<Node> (*find)(const Node &, const Key &) = nullptr; ///< none: there is no such child
  void (*each)(const Node &, const Visit &) = nullptr;
  bool brief = false; ///< `inspect` of the parent shows the children in full
  /// The children that byte `on_disk` belongs to, or leads from: a file whose cluster it is in. For lists that are
  /// too long to be searched; without it all children are asked.
  void (*owners)(const Node &, u64 on_disk, const Visit &) = nullptr;
};

/// A sum over bytes. Declared on the smallest structure that holds both the sum and what it covers, or on
/// the one that is covered if its children hold the sum.
struct Seal {
  const char *field;                                ///< where the sum is stored
  u64 (*sum)(const Node &);                         ///< what it should be, from the bytes as they are
  std::vector<Extent> (*covers)(const Node &);      ///< ranges of the node's space
  const char *meaning;
  const char *edge = nullptr; ///< the sum stands in each child that this edge visits, rather than in the node
};

/// Two children of one structure hold the same facts: what `edge` reaches, `copy` reaches too.
/// Steps are written as in a path: "boot", "fat[0]". For lists, the key is carried over.
struct Mirror {
  const char *edge;
  const char *copy;
  const char *meaning;
};

/// Where number `n` of a unit begins, in the space of the node that declares the unit.
struct Place {
  u64 at = 0;
  u64 length = 0;
  std::string arithmetic; ///< "786432 x 8 sectors x 512 bytes"
};

/// What a number with `.to(name)` counts, within the structure that has this row.
struct Unit {
  const char *name;
  Place (*place)(const Node &, u64 n);
  u64 (*limit)(const Node &); ///< the first number past the end
  Node (*there)(const Node &, u64 n) = nullptr;                ///< the structure that is there, if it is always the same kind
  std::optional<u64> (*unused)(const Node &) = nullptr; ///< a number that nothing uses
};

struct Struct {
  const char *name; ///< "ntfs.boot"
  const char *meaning;
  Num size; ///< in bytes; 0: to the end of its space
  std::span<const Field> fields = {};
  std::span<const Edge> edges = {};
  std::span<const Seal> seals = {};
  std::span<const Mirror> mirrors = {};
  std::span<const Unit> units = {};
  const char *source = ""; ///< the document that it is from
};

/// A child of `parent`: same space and facts unless given.
Node child(const Node &parent, const Struct &type, std::string name, u64 at);
Node child(const Node &parent, const Struct &type, std::string name, SpacePtr space, u64 at);

/// "mft[5]", "index[\"a.txt\"]"
std::string keyed(const char *edge, u64 index);
std::string keyed(const char *edge, std::string_view text);

/// The path from the disk: ntfs.mft[5].data.run[0]
std::string path_of(const Node &node);

/// The nearest facts of type T, from the node upwards.
template <class T> const T &facts_of(const Node &node) {
  for (const Node *n = &node; n; n = n->parent.get())
    if (const T *facts = dynamic_cast<const T *>(n->facts.get())) return *facts;
  throw std::logic_error("no such facts above " + path_of(node));
}

const Field *field_named(const Struct &type, std::string_view name);
const Edge *edge_named(const Struct &type, std::string_view name);

/// The structure's size in bytes at this node.
u64 size_of(const Node &node);

/// Offset on the disk of byte `at` of the node (for messages: 0 if it has none).
u64 disk_offset(const Node &node, u64 at = 0);

/// Damage at byte `at` of the node: "`path` at 0x...: `what`".
[[noreturn]] void damaged(const Node &node, u64 at, const std::string &what);

constexpr bool same(const char *a, const char *b) { return std::string_view(a) == std::string_view(b); }

/// A table's promises: unique names, rows inside the structure, a text on every row, seals and
/// sibling references that exist. Checked at compile time.
constexpr bool sound(const Struct &s) {
  for (size_t i = 0; i < s.fields.size(); i++) {
    const Field &f = s.fields[i];
    if (!*f.name || !*f.meaning) return false;
    if (f.is_view() && !f.look) return false;
    for (size_t j = 0; j < i; j++)
      if (same(f.name, s.fields[j].name)) return false;
    for (const Edge &e : s.edges)
      if (same(f.name, e.name)) return false;
    auto known = [&](const Num &num) {
      if (num.constant()) return true;
      for (const Field &other : s.fields)
        if (same(other.name, num.field)) return true;
      return false;
    };
    for (int k = 0; k < f.slice_count; k++) {
      const Slice &slice = f.slices[k];
      if (!known(slice.at) || !known(slice.width)) return false;
      if (slice.at.constant() && slice.width.constant() && s.size.constant() && s.size.add > 0 && !f.array &&
          slice.at.add + slice.width.add > s.size.add * 8)
        return false;
    }
    if (f.array && !known(f.count)) return false;
  }
  for (size_t i = 0; i < s.edges.size(); i++) {
    if (!*s.edges[i].meaning || (!s.edges[i].find && !s.edges[i].each)) return false;
    for (size_t j = 0; j < i; j++)
      if (same(s.edges[i].name, s.edges[j].name)) return false;
  }
  for (const Seal &seal : s.seals) {
    bool found = false; // where the sum stands in children, the table tests look into their rows
    if (seal.edge)
      for (const Edge &e : s.edges) found |= same(e.name, seal.edge);
    else
      for (const Field &f : s.fields) found |= same(f.name, seal.field);
    if (!found) return false;
  }
  return true;
}

} // namespace lab
