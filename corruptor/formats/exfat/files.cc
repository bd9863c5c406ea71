// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files by their path. Every directory on the way is read as a driver would read it, and names are
// compared in upper case, by the volume's own table.
#include <set>

#include <fmt/format.h>

#include "formats/exfat/directory.h"
#include "formats/exfat/names.h"
#include "schema/value.h"

namespace lab::exfat {

namespace {

Node file_node(const Node &volume, const SpacePtr &directory, u64 at, const std::string &path) {
  Node node = set_node(volume, keyed("file", path), directory, at);
  node.label = path;
  return node;
}

Content content_of_directory(const Node &volume, const Listed &entry) {
  return content_of(volume, entry.allocation, std::min(entry.allocation.bytes, largest_directory));
}

/// The entry of this name; Misuse if there are several, Damage if it may be in what cannot be read.
std::optional<Listed> find_in(const Content &directory, const Upcase &upcase, const std::string &name) {
  std::vector<Listed> found;
  std::u16string wanted = upcase.folded(units_of(utf16le(name)));
  each_listed(*directory.space, [&](const Listed &entry) {
    if (upcase.folded(units_of(entry.name)) == wanted) found.push_back(entry);
    return true;
  });
  if (found.size() > 1) {
    std::string sets;
    for (const Listed &entry : found) sets += fmt::format(" set[{}]", entry.at / slot_bytes);
    throw Misuse(fmt::format("several files of the directory are called '{}'; say which:{}", name, sets));
  }
  if (!found.empty()) return found[0];
  if (directory.damage) throw *directory.damage;
  return std::nullopt;
}

/// Directories nest less deep on any sound volume; the stack has room for so many.
constexpr int deepest = 2048;

/// A walk over all directories; each is entered once, so a tree that loops ends.
struct Walk {
  const Node &volume;
  const Visit &visit;
  std::set<u64> entered = {};
  std::optional<Damage> damage = {};

  bool enter(const Content &directory, const std::string &path, int depth = 0) {
    std::vector<Listed> subdirectories;
    bool more = true;
    each_listed(*directory.space, [&](const Listed &entry) {
      if (entry.is_directory() && entry.has_stream) subdirectories.push_back(entry);
      return more = visit(file_node(volume, directory.space, entry.at, path + "/" + wtf8(entry.name)));
    });
    if (!damage) damage = directory.damage;
    if (depth == deepest) {
      if (!damage)
        damage.emplace(fmt::format("{}: directories nest deeper than {}", path_of(volume), deepest), disk_offset(volume));
      return more;
    }
    for (const Listed &entry : subdirectories)
      if (more && entered.insert(entry.allocation.first_cluster).second)
        more = enter(content_of_directory(volume, entry), path + "/" + wtf8(entry.name), depth + 1);
    return more;
  }
};

} // namespace

std::optional<Node> find_file(const Node &volume, const Key &key) {
  if (key.is != Key::text) return std::nullopt;
  std::vector<std::string> parts = components(key.name);
  Upcase upcase = upcase_of(volume);
  Content directory = root_directory(volume);
  std::string path;
  for (size_t i = 0; i < parts.size(); i++) {
    std::optional<Listed> entry = find_in(directory, upcase, parts[i]);
    if (!entry) return std::nullopt;
    path += "/" + wtf8(entry->name);
    if (i + 1 == parts.size()) return file_node(volume, directory.space, entry->at, path);
    if (!entry->is_directory()) return std::nullopt;
    directory = content_of_directory(volume, *entry);
  }
  return std::nullopt;
}

void each_file(const Node &volume, const Visit &visit) {
  Walk walk{volume, visit};
  walk.entered.insert(geometry_of(volume).root_cluster);
  if (walk.enter(root_directory(volume), "") && walk.damage) throw *walk.damage;
}

} // namespace lab::exfat
