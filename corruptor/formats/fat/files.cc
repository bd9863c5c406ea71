// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files by their path. Every directory on the way is read as a driver would read it, and a name may be
// the long or the short one, in any case.
#include <set>

#include <fmt/format.h>

#include "formats/fat/fat.h"

namespace lab {

namespace {

Node file_node(const Node &volume, const SpacePtr &directory, const Listed &entry, const std::string &path) {
  Node node = slot_node(volume, keyed("file", path), directory, entry.at);
  node.label = path;
  if (!entry.long_name_fits)
    node.notes.push_back("the long name's checksum is not the short name's: drivers ignore it");
  return node;
}

bool has_name(const Listed &entry, const std::u16string &name) {
  return folded(entry.short_name) == name || (!entry.long_name.empty() && folded(entry.long_name) == name);
}

/// The entry of this name; Misuse if there are several, Damage if it may be in what cannot be read.
std::optional<Listed> find_in(const ChainSpace &directory, int width, const std::string &name) {
  std::vector<Listed> found;
  std::u16string wanted = folded(name);
  each_listed(*directory.space, width, [&](const Listed &entry) {
    if (!entry.is_label() && has_name(entry, wanted)) found.push_back(entry);
    return true;
  });
  if (found.size() > 1) {
    std::string slots;
    for (const Listed &entry : found) slots += fmt::format(" entry[{}]", entry.at / 32);
    throw Misuse(fmt::format("several entries of the directory are called '{}'; say which:{}", name, slots));
  }
  if (!found.empty()) return found[0];
  if (directory.damage) throw *directory.damage;
  return std::nullopt;
}

/// Directories in directories. Linux takes no path of more than 4096 bytes, so none leads further down.
constexpr int deepest = 2048;

/// A walk over all directories; each is entered once, so a tree that loops ends.
struct Walk {
  const Node &volume;
  const Visit &visit;
  int width = fat_facts(volume).width;
  std::set<u64> entered = {};
  std::optional<Damage> damage = {};

  bool enter(const ChainSpace &directory, const std::string &path, int depth = 0) {
    std::vector<Listed> subdirectories;
    bool more = true;
    each_listed(*directory.space, width, [&](const Listed &entry) {
      if (entry.is_label() || entry.short_name == "." || entry.short_name == "..") return true;
      if (entry.is_directory()) subdirectories.push_back(entry);
      return more = visit(file_node(volume, directory.space, entry, path + "/" + entry.name()));
    });
    if (!damage) damage = directory.damage;
    if (depth == deepest) {
      if (!damage)
        damage.emplace(fmt::format("{}: directories nest deeper than {}", path_of(volume), deepest),
                       disk_offset(volume));
      return more;
    }
    for (const Listed &entry : subdirectories)
      if (more && entered.insert(entry.first_cluster).second)
        more = enter(subdirectory(volume, entry.first_cluster), path + "/" + entry.name(), depth + 1);
    return more;
  }
};

} // namespace

std::optional<Node> find_file(const Node &volume, const Key &key) {
  if (key.is != Key::text) return std::nullopt;
  std::vector<std::string> parts = components(key.name);
  ChainSpace directory = root_directory(volume);
  std::string path;
  int width = fat_facts(volume).width;
  for (size_t i = 0; i < parts.size(); i++) {
    std::optional<Listed> entry = find_in(directory, width, parts[i]);
    if (!entry) return std::nullopt;
    path += "/" + entry->name();
    if (i + 1 == parts.size()) return file_node(volume, directory.space, *entry, path);
    if (!entry->is_directory()) return std::nullopt;
    directory = subdirectory(volume, entry->first_cluster);
  }
  return std::nullopt;
}

void each_file(const Node &volume, const Visit &visit) {
  Walk walk{volume, visit};
  if (walk.enter(root_directory(volume), "") && walk.damage) throw *walk.damage;
}

} // namespace lab
