// SPDX-License-Identifier: GPL-2.0-or-later
//
// The FAT file systems: one idea in three widths. What the boot sector says about where things are is
// worked out once, when the volume is opened, and shared by all nodes below it.
#pragma once

#include "formats/format.h"
#include "formats/files.h"

namespace lab {

const Format &fat12_format();
const Format &fat16_format();
const Format &fat32_format();

extern const Struct fat_boot_struct; ///< FAT12 and FAT16
extern const Struct fat32_boot_struct;
extern const Struct fat32_fsinfo_struct;
extern const Struct fat12_table_struct, fat16_table_struct, fat32_table_struct;
extern const Struct fat12_link_struct, fat16_link_struct, fat32_link_struct;
extern const Struct fat12_entry_struct, fat16_entry_struct, fat32_entry_struct; ///< the short directory entry
extern const Struct fat_lfn_struct;
extern const Struct fat_label_struct; ///< the eleven bytes of a label, wherever they stand
extern const Struct fat12_directory_struct, fat16_directory_struct, fat32_directory_struct;
extern const Struct fat_content_struct;
extern const Struct fat12_struct, fat16_struct, fat32_struct; ///< the volumes

/// Where things are in a volume, in bytes from its start unless a name says otherwise.
struct Geometry {
  u64 sector_size = 0;
  u64 cluster_size = 0;
  u64 fat_offset = 0;
  u64 fat_size = 0; ///< of one table
  u64 fat_count = 0;
  u64 active_fat = 0;  ///< the table that counts
  u64 root_offset = 0; ///< FAT12 and FAT16: the root directory's own area
  u64 root_size = 0;
  u64 root_cluster = 0; ///< FAT32
  u64 data_offset = 0;  ///< of cluster 2
  u64 cluster_count = 0;
  u64 fsinfo_sector = 1;
  u64 backup_sector = 6;
};

/// From a boot sector's bytes; `width` is that of the boot sector's layout, or, for FAT12 and FAT16,
/// which share one, what the number of clusters makes it. `fault` says why there is no geometry.
struct Reading {
  int width = 0;
  std::optional<Geometry> geometry;
  std::string fault;
};
Reading read_boot_sector(std::span<const u8> boot);

struct FatFacts : Facts {
  int width = 0; ///< bits in a table entry: 12, 16 or 32
  SpacePtr volume;
  u64 sector_size = 512; ///< the geometry's; without one, the disk's
  std::optional<Geometry> geometry;
  std::string fault; ///< why there is none
  mutable std::shared_ptr<const FileOwners> owners; ///< made when it is first asked for
};

const FatFacts &fat_facts(const Node &node);

/// The geometry, or Damage that says what is wrong with the boot sector.
const Geometry &geometry(const Node &node);

/// Every directory, slot and chain, once (walk.cc).
void walk_fat(const Node &volume, Census &census);

// Clusters and chains (chain.cc).

u64 cluster_offset(const Geometry &geometry, u64 cluster);

/// The entry of a cluster in table number `fat`, as a structure with the field `next`.
Node link_node(const Node &parent, std::string name, u64 cluster, u64 fat);

/// Visits a chain's clusters in order; Damage, at the link that is wrong, where it does not end well.
void each_cluster(const Node &node, u64 first, const std::function<bool(u64 cluster)> &visit);

/// The clusters of a chain as one space, as far as the chain goes, and why it goes no further. No
/// longer than `most` bytes.
struct ChainSpace {
  SpacePtr space;
  std::optional<Damage> damage;
};
ChainSpace chain_space(const Node &node, u64 first, u64 most);

// Directories and names (directory.cc, names.cc, files.cc).

/// A file or directory as its directory has it.
struct Listed {
  u64 at = 0; ///< of the short entry, in the directory's space
  u64 attributes = 0;
  u64 first_cluster = 0;
  std::string label; ///< the eleven bytes without their padding
  std::string short_name;
  std::string long_name;      ///< empty: none
  bool long_name_fits = true; ///< its checksum is that of the short name
  const std::string &name() const { return long_name.empty() ? short_name : long_name; }
  bool is_directory() const { return attributes & 0x10; }
  bool is_label() const { return attributes & 0x08; }
};

/// The entry in the last 32 bytes of `slots`; its long name, if any, is in those before.
Listed read_entry(std::span<const u8> slots, int width);

/// What a directory lists, in order, up to its end mark; labels, "." and ".." too.
void each_listed(const Space &directory, int width, const std::function<bool(const Listed &)> &visit);

ChainSpace root_directory(const Node &volume);
ChainSpace subdirectory(const Node &entry, u64 first_cluster);

/// The structures of this width.
const Struct &entry_struct(int width);
const Struct &directory_struct(int width);

/// A slot of a directory: a short entry or a part of a long name, as its attributes say.
Node slot_node(const Node &parent, std::string name, SpacePtr directory, u64 at);

/// Every slot up to the end mark, and then the directory's damage.
void each_slot(const Node &parent, const ChainSpace &directory, const Visit &visit);
std::optional<Node> find_slot(const Node &parent, const ChainSpace &directory, const Key &key);

/// The label, from the root directory; and its two places (label.cc).
std::string label_of(const Node &volume);
std::optional<Node> find_boot_label(const Node &volume, const Key &);
std::optional<Node> find_root_label(const Node &volume, const Key &);

/// A name as FAT compares it: letters in upper case.
std::u16string folded(const std::string &name);
std::string short_name_text(std::span<const u8> entry);
std::string oem_text(std::span<const u8> bytes);

std::optional<Node> find_file(const Node &volume, const Key &key);
void each_file(const Node &volume, const Visit &visit);

/// What a file holds; none for a directory (owners.cc).
std::optional<FileContent> file_content(const Node &file);

/// The files that byte `on_disk` belongs to. The first time, all directories and chains are read.
void each_owner(const Node &volume, u64 on_disk, const Visit &visit);

} // namespace lab
