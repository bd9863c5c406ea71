// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading a directory: slots in order, up to the first whose first byte is 0. A long name counts only
// if its parts stand right before the short entry, count down to 1, and carry the short name's
// checksum; drivers ignore it otherwise. We still read a name whose checksum alone is wrong, so that
// the file can be named by whoever wants to repair it.
#include <fmt/format.h>

#include "base/sums.h"
#include "device/mapped.h"
#include "formats/fat/fat.h"
#include "schema/value.h"

namespace lab {

namespace {

/// 65536 entries: the specification's limit, and FAT_MAX_DIR_SIZE in Linux.
constexpr u64 largest_directory = 65536 * 32;

u64 le16_at(std::span<const u8> slot, size_t at) { return static_cast<u64>(slot[at] | slot[at + 1] << 8); }

bool is_long(std::span<const u8> slot) { return (slot[0x0b] & 0x3f) == 0x0f; }

/// The UTF-16 units of a part, as bytes.
void append_part(Bytes &units, std::span<const u8> slot) {
  for (auto [at, length] : {std::pair{0x01, 10}, {0x0e, 12}, {0x1c, 4}})
    units.insert(units.end(), slot.begin() + at, slot.begin() + at + length);
}

std::string until_zero(Bytes units) {
  for (size_t i = 0; i + 1 < units.size(); i += 2)
    if (units[i] == 0 && units[i + 1] == 0) units.resize(i);
  return wtf8(units);
}

/// Reads the long name backwards from the short entry, which is the last slot.
void read_long_name(std::span<const u8> slots, Listed &entry) {
  u8 checksum = short_name_sum(slots.last(32).first(11));
  Bytes units;
  bool fits = true;
  for (size_t part = 1; (part + 1) * 32 <= slots.size(); part++) {
    std::span<const u8> slot = slots.subspan(slots.size() - (part + 1) * 32, 32);
    if (!is_long(slot) || (slot[0] & 0x3f) != part) return;
    fits = fits && slot[0x0d] == checksum;
    append_part(units, slot);
    if (!(slot[0] & 0x40)) continue;
    entry.long_name = until_zero(std::move(units));
    entry.long_name_fits = fits;
    return;
  }
}

} // namespace

Listed read_entry(std::span<const u8> slots, int width) {
  std::span<const u8> slot = slots.last(32);
  Listed entry;
  entry.attributes = slot[0x0b];
  entry.first_cluster = le16_at(slot, 0x1a) | (width == 32 ? le16_at(slot, 0x14) << 16 : 0);
  entry.label = oem_text(slot.first(11));
  entry.short_name = short_name_text(slot);
  read_long_name(slots, entry);
  return entry;
}

void each_listed(const Space &directory, int width, const std::function<bool(const Listed &)> &visit) {
  constexpr u64 chunk = 4096;
  Bytes slots;
  for (u64 at = 0; at + 32 <= directory.size(); at += 32) {
    if (at >= slots.size()) {
      Bytes more = bytes_at(directory, at, std::min(chunk, directory.size() - at));
      slots.insert(slots.end(), more.begin(), more.end());
    }
    std::span<const u8> slot = std::span(slots).subspan(at, 32);
    if (slot[0] == 0) return;
    if (slot[0] == 0xe5 || is_long(slot)) continue;
    Listed entry = read_entry(std::span(slots).first(at + 32), width);
    entry.at = at;
    if (!visit(entry)) return;
  }
}

ChainSpace root_directory(const Node &volume) {
  const Geometry &g = geometry(volume);
  if (fat_facts(volume).width != 32)
    return {slice_of(fat_facts(volume).volume, g.root_offset, g.root_size), std::nullopt};
  return chain_space(volume, g.root_cluster, largest_directory);
}

ChainSpace subdirectory(const Node &entry, u64 first_cluster) {
  return chain_space(entry, first_cluster, largest_directory);
}

Node slot_node(const Node &parent, std::string name, SpacePtr directory, u64 at) {
  const Struct &type =
      is_long(bytes_at(*directory, at, 32)) ? fat_lfn_struct : entry_struct(fat_facts(parent).width);
  return child(parent, type, std::move(name), std::move(directory), at);
}

std::optional<Node> find_slot(const Node &parent, const ChainSpace &directory, const Key &key) {
  if (key.is != Key::number) return std::nullopt;
  if (key.index < directory.space->size() / 32)
    return slot_node(parent, keyed("entry", key.index), directory.space, key.index * 32);
  if (directory.damage) throw *directory.damage;
  return std::nullopt;
}

void each_slot(const Node &parent, const ChainSpace &directory, const Visit &visit) {
  for (u64 n = 0; n < directory.space->size() / 32; n++) {
    if (bytes_at(*directory.space, n * 32, 1)[0] == 0) return;
    if (!visit(slot_node(parent, keyed("entry", n), directory.space, n * 32))) return;
  }
  if (directory.damage) throw *directory.damage;
}

static std::optional<Node> find_entry(const Node &directory, const Key &key) {
  return find_slot(directory, {directory.space, std::nullopt}, key);
}

static void each_entry(const Node &directory, const Visit &visit) {
  each_slot(directory, {directory.space, std::nullopt}, visit);
}

static constexpr char slots_doc[] = "the slots: short entries and parts of long names; n from 0";
// clang-format off
constexpr Edge fat12_edges[] = {{"entry", "[n]", &fat12_entry_struct, slots_doc, find_entry, each_entry}};
constexpr Edge fat16_edges[] = {{"entry", "[n]", &fat16_entry_struct, slots_doc, find_entry, each_entry}};
constexpr Edge fat32_edges[] = {{"entry", "[n]", &fat32_entry_struct, slots_doc, find_entry, each_entry}};

static constexpr char fatgen[] = "fatgen103, Microsoft 2000";
constexpr Struct fat12_directory_struct = {"fat12.directory", "a directory", 0, {}, fat12_edges, {}, {}, {}, fatgen};
constexpr Struct fat16_directory_struct = {"fat16.directory", "a directory", 0, {}, fat16_edges, {}, {}, {}, fatgen};
constexpr Struct fat32_directory_struct = {"fat32.directory", "a directory", 0, {}, fat32_edges, {}, {}, {}, fatgen};
// clang-format on
static_assert(sound(fat12_directory_struct));
static_assert(sound(fat16_directory_struct));
static_assert(sound(fat32_directory_struct));

const Struct &directory_struct(int width) {
  return width == 12 ? fat12_directory_struct : width == 16 ? fat16_directory_struct : fat32_directory_struct;
}

} // namespace lab
