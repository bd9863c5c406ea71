// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file is a set of entries: its own, with attributes and times, a stream extension, which says where
// the data are, one entry for every fifteen units of the name, and perhaps a vendor's. The first entry
// holds a checksum of all, the stream a hash of the name in upper case. Both follow when an entry of
// the set changes, but not in a deleted set, whose sums a driver leaves alone, too.
//
// Specification: 6.3 "Generic Primary DirectoryEntry Template", 7.4 to 7.9.
#include "base/sums.h"
#include "formats/exfat/directory.h"
#include "formats/exfat/file_rows.h"
#include "formats/exfat/names.h"
#include "formats/exfat/tables.h"
#include "schema/value.h"

#include <algorithm>

#include <fmt/format.h>

namespace lab::exfat {

namespace {

constexpr u64 name_hash_at = slot_bytes + 4;

Listed listed(const Node &set) { return read_set(*set.space, set.at); }
bool is_in_use(const Node &set) { return number(set, "in_use") == 1; }

// clang-format off
constexpr auto fields = [] {
  constexpr size_t count = rows::file.size();
  std::array<Field, count + 2> all;
  std::copy(rows::file.begin(), rows::file.end(), all.begin());
  all[count] = view("name", [](const Node &set) -> Value { return wtf8(listed(set).name); }, nullptr, ValueKind::utf16)
      .doc("the whole name, from the entries that hold its parts");
  all[count + 1] = le16("name_hash", name_hash_at).in_hex().aliased().called("NameHash")
      .doc("of the stream extension: the sum of the name in upper case");
  return all;
}();
// clang-format on

// The sums.

u64 sum_of_set(const Node &set) {
  return exfat_entry_set_sum(bytes_at(*set.space, set.at, listed(set).slots * slot_bytes));
}

std::vector<Extent> covered_by_sum(const Node &set) {
  if (!is_in_use(set)) return {};
  return {{set.at, 2}, {set.at + 4, listed(set).slots * slot_bytes - 4}};
}

u64 hash_of_name(const Node &set) { return name_hash(upcase_of(set), listed(set).name); }

std::vector<Extent> covered_by_hash(const Node &set) {
  if (!is_in_use(set)) return {};
  std::vector<Extent> parts = {{set.at + slot_bytes + 3, 1}}; // the name's length
  u64 left = listed(set).name.size();
  for (u64 at = set.at + 2 * slot_bytes; left > 0; at += slot_bytes) {
    u64 here = std::min<u64>(left, 30);
    parts.push_back({at + 2, here});
    left -= here;
  }
  return parts;
}

constexpr Seal set_seals[] = {
    {"name_hash", hash_of_name, covered_by_hash, "the hash of the name in upper case"},
    {"set_checksum", sum_of_set, covered_by_sum, "the sum of all entries of the set"},
};

// Its entries.

std::optional<Node> find_slot(const Node &set, const Key &key) {
  if (key.is != Key::number || key.index >= listed(set).slots) return std::nullopt;
  u64 at = set.at + key.index * slot_bytes;
  return child(set, struct_of_type(bytes_at(*set.space, at, 1)[0]), keyed("slot", key.index), at);
}

void each_slot(const Node &set, const Visit &visit) {
  for (u64 n = 0; n < listed(set).slots; n++)
    if (!visit(*find_slot(set, {Key::number, n, ""}))) return;
}

/// The set's entries of one type, counted from 0.
void each_of(const Node &set, const char *edge, const Struct &type, const Visit &visit) {
  u64 n = 0;
  each_slot(set, [&](Node slot) {
    if (slot.at == set.at || slot.type != &type) return true;
    slot.name = keyed(edge, n++);
    return visit(slot);
  });
}

std::optional<Node> find_stream(const Node &set, const Key &) {
  if (!listed(set).has_stream) return std::nullopt;
  return child(set, tables::stream, "stream", set.at + slot_bytes);
}
void visit_stream(const Node &set, const Visit &visit) {
  if (std::optional<Node> stream = find_stream(set, {})) visit(*stream);
}
void each_part(const Node &set, const Visit &visit) { each_of(set, "name_part", tables::name_part, visit); }
void each_vendor(const Node &set, const Visit &visit) { each_of(set, "vendor", tables::vendor, visit); }
void each_vendor_allocation(const Node &set, const Visit &visit) {
  each_of(set, "vendor_allocation", tables::vendor_allocation, visit);
}
void each_acl(const Node &set, const Visit &visit) { each_of(set, "acl", tables::acl, visit); }

// What it leads to.

bool has_data(const Listed &set) { return set.has_stream && set.allocation.first_cluster != 0; }

std::optional<Node> find_chain(const Node &set, const Key &key) {
  Listed file = listed(set);
  return has_data(file) ? find_link(set, file.allocation, key) : std::nullopt;
}
void each_chain(const Node &set, const Visit &visit) {
  Listed file = listed(set);
  if (has_data(file)) each_link(set, file.allocation, visit);
}

std::optional<Node> find_content(const Node &set, const Key &) {
  Listed file = listed(set);
  if (!has_data(file) || file.allocation.bytes == 0) return std::nullopt;
  Content content = content_of(set, file.allocation, file.allocation.bytes);
  Node node = child(set, tables::content, "content", content.space, 0);
  if (content.damage)
    node.notes.push_back(content.damage->what());
  else if (content.space->size() < file.allocation.bytes)
    node.notes.push_back(fmt::format("the chain holds {} bytes, the stream extension says {}",
                                     content.space->size(), file.allocation.bytes));
  return node;
}
void visit_content(const Node &set, const Visit &visit) {
  if (std::optional<Node> content = find_content(set, {})) visit(*content);
}

std::optional<Content> directory_of(const Node &set) {
  Listed file = listed(set);
  if (!file.is_directory() || !has_data(file)) return std::nullopt;
  return content_of(set, file.allocation, std::min(file.allocation.bytes, largest_directory));
}

std::optional<Node> find_inner_entry(const Node &set, const Key &key) {
  std::optional<Content> directory = directory_of(set);
  return directory ? find_entry(set, *directory, key) : std::nullopt;
}
void each_inner_entry(const Node &set, const Visit &visit) {
  if (std::optional<Content> directory = directory_of(set)) each_entry(set, *directory, visit);
}
std::optional<Node> find_inner_set(const Node &set, const Key &key) {
  std::optional<Content> directory = directory_of(set);
  return directory ? find_set(set, *directory, key) : std::nullopt;
}
void each_inner_set(const Node &set, const Visit &visit) {
  if (std::optional<Content> directory = directory_of(set)) each_set(set, *directory, visit);
}

// clang-format off
constexpr Edge edges[] = {
    {"stream",    "",    &tables::stream,    "where the data are", find_stream, visit_stream, true},
    {"name_part", "[n]", &tables::name_part, "the parts of the name, n from 0", nullptr, each_part, true},
    {"vendor",    "[n]", &tables::vendor,    "vendors' extensions, n from 0", nullptr, each_vendor},
    {"vendor_allocation", "[n]", &tables::vendor_allocation, "vendors' extensions that have clusters, n from 0", nullptr, each_vendor_allocation},
    {"acl",       "[n]", &tables::acl,       "Windows CE access control lists, n from 0", nullptr, each_acl},
    {"slot",      "[n]", &tables::secondary_entry, "all entries of the set one by one; slot 0 is the file's own", find_slot, each_slot},
    {"chain",     "[n]", &tables::link,      "the FAT's entry for each cluster of the file, n from 0; without meaning if no_fat_chain is set", find_chain, each_chain},
    {"content",   "",    &tables::content,   "the file's bytes", find_content, visit_content},
    {"entry",     "[n]", &tables::primary_entry, "a directory's entries one by one, n from 0", find_inner_entry, each_inner_entry},
    {"set",       "[n]", &tables::set,       "a directory's sets of entries; n is the number of the first entry", find_inner_set, each_inner_set},
};
// clang-format on

} // namespace

namespace tables {
constexpr Struct set = {.name = "exfat.set",
                        .meaning = "a file or directory: its own entry, and those that belong to it",
                        .size = Num("secondary_count", slot_bytes, slot_bytes),
                        .fields = fields,
                        .edges = edges,
                        .seals = set_seals,
                        .source = specification};
constexpr Struct torn_set = {.name = "exfat.torn_set",
                             .meaning = "a file's entry that no stream extension follows",
                             .size = Num("secondary_count", slot_bytes, slot_bytes),
                             .fields = std::span(fields).first(fields.size() - 1),
                             .edges = edges,
                             .seals = std::span(set_seals).last(1),
                             .source = specification};
static_assert(sound(set) && sound(torn_set));
} // namespace tables

Node set_node(const Node &parent, std::string name, SpacePtr directory, u64 at) {
  Listed file = read_set(*directory, at);
  Node node = child(parent, file.has_stream ? tables::set : tables::torn_set, std::move(name),
                    std::move(directory), at);
  node.label = wtf8(file.name);
  if (!file.has_stream) node.notes.push_back("no stream extension follows: drivers ignore the file");
  return node;
}

} // namespace lab::exfat
