// SPDX-License-Identifier: GPL-2.0-or-later
//
// Looks at a disk in every way that a user can without writing to it: each row, view, unit, sum and edge, and
// `inspect` and `get` of paths. Of a damaged disk only Damage may come out, and Misuse where a thing was
// asked for by name; they go no further. Whatever else comes out is a finding, and so is a tour that does not end.
#pragma once

#include <set>

#include "base/error.h"
#include "formats/all.h"
#include "show/show.h"

namespace lab::fuzz {

/// A tour sees this much of a disk at most; the seeds have less, so a sound one is seen whole.
struct Limits {
  u64 nodes = 4000;
  u64 children = 120; ///< of one edge
  int depth = 10;
  u64 every = 1; ///< of an edge's children only the first four, each n-th, and those whose bytes were changed
};

class Tour {
public:
  explicit Tour(const Limits &limits) : limits(limits) {}

  /// Where the disk is no longer as it was made.
  std::vector<Extent> changed;

  /// The rows that were met, as ranges on the disk.
  std::vector<Extent> *rows = nullptr;
  u64 nodes = 0;

  /// Everything below `node`, each structure at one place once.
  void visit(const Node &node, int depth = 0) {
    if (nodes >= limits.nodes || depth > limits.depth) return;
    nodes++;
    look([&] { (void)size_of(node); });
    for (const Field &field : node.type->fields) look([&] { look_at(node, field); });
    for (const Seal &seal : node.type->seals) look([&] { (void)(seal.covers(node), seal.sum(node)); });
    for (const Unit &unit : node.type->units)
      for (u64 n : {u64{0}, u64{2}, ~u64{0}}) probe([&] { (void)(unit.limit(node), unit.place(node, n)); });
    for (const Edge &edge : node.type->edges) {
      if (edge.each) look([&] { follow_all(node, edge, depth); });
      else probe([&] { follow_all(node, edge, depth); });
      if (edge.find && edge.keys[0])
        for (const Key &key : keys) probe([&] { (void)edge.find(node, key); });
      // Looking up a name may read all there is, so it is tried in few places.
      if (edge.find && edge.keys[0] && nodes < 12)
        for (const char *name : {"", "/d/../a:x", "\xff"}) probe([&] { (void)edge.find(node, {Key::text, 0, name}); });
    }
  }

  /// What `inspect` and `get` do with a path.
  void ask(const Node &root, const std::string &text) {
    probe([&] {
      Path path = parse_path(text);
      Target target = resolve(root, path);
      Answer found = answer(target);
      (void)where_text(found);
      if (found.bytes.size() > 4096) return; // the text of more of them shows nothing new
      (void)to_json(found);
      if (!target.field) (void)hexdump(found);
    });
    probe([&] {
      Path path = parse_path(text);
      Target target = resolve(root, path);
      if (!target.field && !target.range) show(target.node);
      (void)copies_of(root, path);
    });
  }

  /// As text and as JSON. Making these never fails, and no terminal has anything to obey in the text.
  static void show(const Node &node) {
    Shown shown;
    try {
      shown = describe(node);
    } catch (const Error &error) {
      throw std::logic_error(std::string("describe gave up: ") + error.what());
    }
    (void)to_json(shown).dump();
    std::string text = to_text(shown, {});
    for (size_t i = 0; i < text.size(); i++) {
      u8 c = static_cast<u8>(text[i]), next = i + 1 < text.size() ? static_cast<u8>(text[i + 1]) : 0;
      if ((c < 0x20 && c != '\n') || c == 0x7f || (c == 0xc2 && next < 0xa0))
        throw std::logic_error("text for a terminal holds " + hex_offset(c) + ": " + text.substr(i > 60 ? i - 60 : 0, 80));
    }
  }

private:
  /// Looks at what the disk says that it has: what is wrong with it is Damage.
  void look(const auto &action) {
    try {
      action();
    } catch (const Damage &) {
    } catch (const Misuse &misuse) {
      throw std::logic_error(std::string("damage that is called misuse: ") + misuse.what());
    }
  }

  /// Asks for what even a sound disk may not have.
  static void probe(const auto &action) {
    try {
      action();
    } catch (const Damage &) {
    } catch (const Misuse &) {
    }
  }

  void look_at(const Node &node, const Field &field) {
    u64 count = element_count(node, field);
    for (u64 index : std::set<u64>{0, 1, count - 1}) {
      if (!present(node, field, index)) continue;
      Value value = value_of(node, field, index);
      (void)(lab::show(field, value), symbol(field, value));
      if (field.edits) probe([&] { (void)field.edits(node, value); });
      std::vector<Extent> extents = extents_of(Target{node, &field, index, std::nullopt});
      if (rows) rows->insert(rows->end(), extents.begin(), extents.end());
    }
  }

  void follow_all(const Node &node, const Edge &edge, int depth) {
    u64 children = 0;
    auto once = [&](const Node &child) {
      bool looked_at = children < 4 || children % limits.every == 0 || is_changed(child);
      if (looked_at && seen.insert({child.type, disk_offset(child)}).second) visit(child, depth + 1);
      return ++children < limits.children && nodes < limits.nodes;
    };
    if (edge.each) edge.each(node, once);
    else if (std::optional<Node> child = edge.find(node, Key{})) once(*child);
  }

  bool is_changed(const Node &node) {
    bool found = false;
    probe([&] {
      for (const Extent &place : extents_of(Target{node, nullptr, 0, std::nullopt}))
        for (const Extent &change : changed) found |= change.at < place.end() && place.at < change.end();
    });
    return found;
  }

  static inline const Key keys[] = {{}, {Key::number, 0, ""}, {Key::number, 1, ""}, {Key::number, 77, ""},
                                    {Key::number, ~u64{0}, ""}};
  const Limits limits;
  std::set<std::pair<const Struct *, u64>> seen;
};

} // namespace lab::fuzz
