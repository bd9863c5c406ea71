// SPDX-License-Identifier: GPL-2.0-or-later
//
// A format is one row: its root structure, how to recognise it on a run of bytes, and the command
// that puts a file into it. `formats/all.cc` lists the rows; the disk offers each as an edge.
#pragma once

#include "formats/files.h"
#include "schema/census.h"
#include "schema/struct.h"

namespace lab {

/// How a volume was recognised, weakest first. A boot sector that is gone leaves the backup.
enum class Sign { none, backup, boot };

struct Format {
  const Struct *type; ///< its name is the path's first step: "ntfs", "fat32"
  Sign (*recognise)(const SpacePtr &volume, u64 sector_size);
  /// The volume's node: its space is `volume`, its facts are set as far as they can be read.
  Node (*open)(const Node &parent, SpacePtr volume, u64 sector_size);
  /// Looks at every structure of an opened volume once. Damage if it cannot begin.
  void (*walk)(const Node &volume, Census &census);
  FileReader files;
  /// MBR partition types that announce it when no boot sector is left.
  std::span<const u8> mbr_types;
  /// argv that copies {source} into the volume {volume} as {target}; a foreign tool does it best.
  std::span<const char *const> put_file;
};

std::span<const Format> all_formats();

} // namespace lab
