// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading directories. An entry is reached in two ways: by its number, `entry[7]`, whatever it is, and
// as a part of the set that it belongs to. A set is named after the number of its first entry, so that
// damage to one set does not rename the others. An entry that belongs to a set knows that: its path is
// then `set[6].slot[1]`, and the set's checksum follows when it is changed.
#include "formats/exfat/directory.h"

#include <algorithm>

#include "formats/exfat/tables.h"
#include "schema/value.h"

namespace lab::exfat {

namespace {

constexpr u64 most_secondaries = 255;
constexpr u64 units_in_part = 15;

/// An up-case table without compression: 65536 units.
constexpr u64 largest_upcase = 2 * 65536;

u64 le(std::span<const u8> bytes, size_t at, size_t width) {
  u64 result = 0;
  for (size_t i = 0; i < width; i++) result |= static_cast<u64>(bytes[at + i]) << (8 * i);
  return result;
}

/// Visits the first bytes of all slots up to the end mark, reading a piece of the directory at a time.
void each_slot(const Space &directory, const std::function<bool(u64 at, std::span<const u8> slot)> &visit) {
  constexpr u64 chunk = 32768;
  Bytes slots;
  for (u64 at = 0; at + slot_bytes <= directory.size(); at += slot_bytes) {
    if (at % chunk == 0) slots = bytes_at(directory, at, std::min(chunk, directory.size() - at));
    std::span<const u8> slot = std::span(slots).subspan(at % chunk, slot_bytes);
    if (slot[0] == end_type || !visit(at, slot)) return;
  }
}

u8 type_at(const Space &directory, u64 at) { return bytes_at(directory, at, 1)[0]; }

bool is_file(u8 type) { return (type | in_use) == file_type; }

u64 slots_of_set(const Space &directory, u64 at) {
  u64 count = bytes_at(directory, at, 2)[1];
  return std::min(count + 1, (directory.size() - at) / slot_bytes);
}

/// The first entry of the set that the entry at `at` belongs to.
std::optional<u64> set_around(const Space &directory, u64 at) {
  for (u64 back = 0; back <= std::min(most_secondaries, at / slot_bytes); back++) {
    u64 first = at - back * slot_bytes;
    u8 type = type_at(directory, first);
    if (is_file(type)) return back < slots_of_set(directory, first) ? std::optional(first) : std::nullopt;
    if (!(type & secondary)) return std::nullopt;
  }
  return std::nullopt;
}

Node plain_entry(const Node &parent, const SpacePtr &directory, u64 n) {
  u64 at = n * slot_bytes;
  return child(parent, struct_of_type(type_at(*directory, at)), keyed("entry", n), directory, at);
}

} // namespace

Allocation root_allocation(const Node &node) { return {geometry_of(node).root_cluster, 0, false}; }

Content root_directory(const Node &node) {
  return content_of(node, root_allocation(node), largest_directory);
}

std::optional<RootEntry> find_in_root(const Node &node, u8 type, u64 n) {
  Content root = root_directory(node);
  std::optional<u64> found;
  each_slot(*root.space, [&](u64 at, std::span<const u8> slot) {
    if (slot[0] == type && n-- == 0) found = at;
    return !found;
  });
  if (found) return RootEntry{std::move(root), *found};
  if (root.damage) throw *root.damage;
  return std::nullopt;
}

u64 place_in_volume(const Content &content, u64 at) {
  for (const Piece &piece : content.pieces) {
    if (at < piece.length) return *piece.parent_at + at;
    at -= piece.length;
  }
  throw std::logic_error("a place behind the end of a content");
}

Allocation allocation_at(const Space &directory, u64 at) {
  Bytes slot = bytes_at(directory, at, slot_bytes);
  return {le(slot, 20, 4), le(slot, 24, 8), false};
}

std::optional<Content> upcase_content(const Node &node) {
  std::optional<RootEntry> entry = find_in_root(node, upcase_type);
  if (!entry) return std::nullopt;
  Allocation allocation = allocation_at(*entry->root.space, entry->at);
  return content_of(node, allocation, std::min(allocation.bytes, largest_upcase));
}

Listed read_set(const Space &directory, u64 at) {
  Listed set;
  set.at = at;
  set.slots = slots_of_set(directory, at);
  Bytes slots = bytes_at(directory, at, set.slots * slot_bytes);
  set.attributes = le(slots, 4, 2);
  u8 used = slots[0] & in_use;
  auto is = [&](u64 slot, u8 type) { return slots[slot * slot_bytes] == ((type & ~in_use) | used); };
  set.has_stream = set.slots > 1 && is(1, stream_type);
  if (!set.has_stream) return set;
  std::span<const u8> stream = std::span(slots).subspan(slot_bytes, slot_bytes);
  set.allocation = {le(stream, 20, 4), le(stream, 24, 8), (stream[1] & 2) != 0};
  u64 left = stream[3]; // units of the name
  for (u64 slot = 2; slot < set.slots && left > 0; slot++) {
    if (!is(slot, name_type)) break; // name parts follow the stream directly
    u64 units = std::min(left, units_in_part);
    auto start = slots.begin() + static_cast<i64>(slot * slot_bytes + 2);
    set.name.insert(set.name.end(), start, start + static_cast<i64>(2 * units));
    left -= units;
  }
  return set;
}

void each_listed(const Space &directory, const std::function<bool(const Listed &)> &visit) {
  each_slot(directory, [&](u64 at, std::span<const u8> slot) {
    return slot[0] != file_type || visit(read_set(directory, at));
  });
}

std::optional<Node> find_entry(const Node &parent, const Content &directory, const Key &key) {
  if (key.is != Key::number) return std::nullopt;
  if (key.index >= directory.space->size() / slot_bytes) {
    if (directory.damage) throw *directory.damage;
    return std::nullopt;
  }
  u64 at = key.index * slot_bytes;
  std::optional<u64> first = set_around(*directory.space, at);
  if (!first) return plain_entry(parent, directory.space, key.index);
  Node set = set_node(parent, keyed("set", *first / slot_bytes), directory.space, *first);
  return child(set, struct_of_type(type_at(*directory.space, at)), keyed("slot", (at - *first) / slot_bytes),
               at);
}

void each_entry(const Node &parent, const Content &directory, const Visit &visit) {
  bool more = true;
  each_slot(*directory.space, [&](u64 at, std::span<const u8>) {
    return more = visit(plain_entry(parent, directory.space, at / slot_bytes));
  });
  if (more && directory.damage) throw *directory.damage;
}

std::optional<Node> find_set(const Node &parent, const Content &directory, const Key &key) {
  if (key.is != Key::number) return std::nullopt;
  if (key.index >= directory.space->size() / slot_bytes) {
    if (directory.damage) throw *directory.damage;
    return std::nullopt;
  }
  u64 at = key.index * slot_bytes;
  if (!is_file(type_at(*directory.space, at))) return std::nullopt;
  return set_node(parent, keyed("set", key.index), directory.space, at);
}

void each_set(const Node &parent, const Content &directory, const Visit &visit) {
  bool more = true;
  each_slot(*directory.space, [&](u64 at, std::span<const u8> slot) {
    if (is_file(slot[0])) more = visit(set_node(parent, keyed("set", at / slot_bytes), directory.space, at));
    return more;
  });
  if (more && directory.damage) throw *directory.damage;
}

std::optional<Node> find_end(const Node &parent, const Content &directory) {
  u64 end = 0;
  each_slot(*directory.space, [&](u64 at, std::span<const u8>) {
    end = at + slot_bytes;
    return true;
  });
  if (end + slot_bytes <= directory.space->size())
    return child(parent, tables::end_entry, "end", directory.space, end);
  if (directory.damage) throw *directory.damage;
  return std::nullopt; // a directory may fill its last cluster
}

// The root directory as a structure.

static std::optional<Node> find_root_entry(const Node &root, const Key &key) {
  return find_entry(root, root_directory(root), key);
}
static void each_root_entry(const Node &root, const Visit &visit) {
  each_entry(root, root_directory(root), visit);
}
static std::optional<Node> find_root_set(const Node &root, const Key &key) {
  return find_set(root, root_directory(root), key);
}
static void each_root_set(const Node &root, const Visit &visit) {
  each_set(root, root_directory(root), visit);
}
static std::optional<Node> find_root_end(const Node &root, const Key &) {
  return find_end(root, root_directory(root));
}
static std::optional<Node> find_root_link(const Node &root, const Key &key) {
  return find_link(root, root_allocation(root), key);
}
static void each_root_link(const Node &root, const Visit &visit) {
  each_link(root, root_allocation(root), visit);
}

constexpr Edge edges[] = {
    {"entry", "[n]", &tables::primary_entry, "the entries one by one, n from 0", find_root_entry,
     each_root_entry},
    {"set", "[n]", &tables::set, "the files' sets of entries; n is the number of the first entry",
     find_root_set, each_root_set},
    {"end", "", &tables::end_entry, "the slot where the directory ends", find_root_end},
    {"chain", "[n]", &tables::link, "the FAT's entry for each cluster of the directory, n from 0",
     find_root_link, each_root_link},
};

namespace tables {
constexpr Struct directory = {.name = "exfat.directory",
                              .meaning = "the root directory",
                              .size = 0,
                              .edges = edges,
                              .source = specification};
static_assert(sound(directory));
} // namespace tables
} // namespace lab::exfat
