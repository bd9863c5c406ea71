// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all file systems share about files: how a path falls into names, which file has which bytes, and what it holds.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "formats/owner_map.h"
#include "schema/struct.h"

namespace lab {

/// The names in "/dir/a.txt", without empty ones.
std::vector<std::string> components(const std::string &path);

/// Which file has which bytes of the disk.
struct FileOwners {
  std::vector<std::string> paths;
  OwnerMap places; ///< to numbers of `paths`
};

/// A file's bytes, as its structures lead to them.
struct FileContent {
  u64 size = 0;        ///< bytes that the file has, by its structures
  SpacePtr bytes;      ///< those that can be found, from its start; none: not one
  std::string trouble; ///< why there are fewer; empty: they are all there
};

/// How a file system lists its files and directories, labelled with their paths, and says what one holds.
struct FileReader {
  void (*each_file)(const Node &volume, const Visit &visit); ///< Damage at the end, if some may be missing
  std::optional<FileContent> (*content)(const Node &file);   ///< none for what is no file; Damage if it cannot be told
};

/// How a file system lists its files, finds one by its path, and says where on the disk one is.
struct FileSystem {
  void (*each_file)(const Node &volume, const Visit &visit);
  std::optional<Node> (*find_file)(const Node &volume, const Key &key);
  void (*places)(const Node &file, const std::function<void(Extent)> &take);
};

/// Visits the files that byte `on_disk` belongs to. The first time all files are asked, and `kept` is filled.
void each_owner(const FileSystem &files, const Node &volume, std::shared_ptr<const FileOwners> &kept, u64 on_disk,
                const Visit &visit);

} // namespace lab
