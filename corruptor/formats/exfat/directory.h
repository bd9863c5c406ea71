// SPDX-License-Identifier: GPL-2.0-or-later
//
// Directories: the root's, and what the sets of entries in them say.
#pragma once

#include "formats/exfat/clusters.h"
#include "formats/exfat/entries.h"
#include "formats/files.h"
#include "schema/census.h"

namespace lab::exfat {

/// The specification's limit; what claims to be larger is read so far.
constexpr u64 largest_directory = u64{256} << 20;

Content root_directory(const Node &node);
Allocation root_allocation(const Node &node);

/// The entry of this type that the volume uses, in the root directory; `n` skips some.
struct RootEntry {
  Content root;
  u64 at; ///< in the root directory
};
std::optional<RootEntry> find_in_root(const Node &node, u8 type, u64 n = 0);

/// Where the byte `at` of a content is in the volume.
u64 place_in_volume(const Content &content, u64 at);

/// The up-case table's bytes; none if the root directory has no entry for it.
std::optional<Content> upcase_content(const Node &node);

/// The clusters of an entry that has a first_cluster and a data_length at the usual places.
Allocation allocation_at(const Space &directory, u64 at);

/// A file or directory as its set of entries has it.
struct Listed {
  u64 at = 0;    ///< of the first entry, in the directory
  u64 slots = 1; ///< the first entry and those behind it that it counts, as far as the directory goes
  u64 attributes = 0;
  bool has_stream = false; ///< the second entry is a stream extension, in use or not as the first is
  Allocation allocation;
  Bytes name; ///< UTF-16LE
  bool is_directory() const { return attributes & 0x10; }
};
Listed read_set(const Space &directory, u64 at);

/// What a directory lists, in order, up to its end mark; no deleted files.
void each_listed(const Space &directory, const std::function<bool(const Listed &)> &visit);

// Children of a directory: of the root's node, or of a set that is a directory.

std::optional<Node> find_entry(const Node &parent, const Content &directory, const Key &key);
void each_entry(const Node &parent, const Content &directory, const Visit &visit);
std::optional<Node> find_set(const Node &parent, const Content &directory, const Key &key);
void each_set(const Node &parent, const Content &directory, const Visit &visit);
std::optional<Node> find_end(const Node &parent, const Content &directory);

/// The set whose first entry is at `at` (set.cc).
Node set_node(const Node &parent, std::string name, SpacePtr directory, u64 at);

// Files by their path (files.cc).

std::optional<Node> find_file(const Node &volume, const Key &key);
void each_file(const Node &volume, const Visit &visit);

/// What a file holds; none for a directory (owners.cc).
std::optional<FileContent> file_content(const Node &file);

/// The files that byte `on_disk` belongs to. The first time, all directories are read.
void each_owner(const Node &volume, u64 on_disk, const Visit &visit);

/// Every directory, set of entries and chain, once (walk.cc).
void walk(const Node &volume, Census &census);

} // namespace lab::exfat
