// SPDX-License-Identifier: GPL-2.0-or-later
//
// A path names a place: `ntfs.mft["/dir/a.txt"].data.run[0].lcn`. Steps are edges, the last one may be
// a field; `[...]` is a key: a number or a text in double quotes (\" and \\ and \xNN inside).
// `path@offset+length` names bytes of a node instead of a field, counted from the node's start; without
// a path they are bytes of the disk: `@0x1f400+512`. Numbers may carry a unit: `ntfs@0+4KiB`.
// `field->` is what the number in a field points to: a structure to go on from, or plain bytes. Stars and slices
// name many places: `ntfs.mft[0:5].file_name[*].name`, `ntfs.boot.*`.
#pragma once

#include "schema/value.h"

namespace lab {

struct Step {
  std::string name;
  Key key;
  bool arrow = false; ///< a field that is followed
  size_t column = 0;  ///< in the path's text, from 0
};

struct Path {
  std::vector<Step> steps;
  std::optional<Extent> range; ///< after '@'
  bool to_the_end = false;     ///< '@offset' without '+length'
  bool pattern = false;        ///< with stars or slices
  std::string text;
};

/// Misuse with the column of the first character that does not fit.
Path parse_path(std::string_view text);

/// Where a path leads: a node, one of its fields (and which element), or a range of its bytes.
struct Target {
  Node node;
  const Field *field = nullptr;
  u64 index = 0;
  std::optional<Extent> range;
};

/// Misuse if a name is unknown (with the nearest known one), no child has the key, or several have;
/// Damage if the way there cannot be read.
Target resolve(const Node &root, const Path &path);

/// All places that a path with stars or slices fits, in order; one for a plain path.
std::vector<Target> resolve_all(const Node &root, const Path &path);

/// The child that `step` leads to.
Node follow(const Node &node, const Step &step);

/// The path of what was resolved, spelled in full.
std::string path_of(const Target &target);

/// The places on the disk that the target's bytes occupy.
std::vector<Extent> extents_of(const Target &target);

/// The same place in the copies that mirrors declare: for `ntfs.boot.mft_lcn` the one in the backup.
std::vector<Path> copies_of(const Node &root, const Path &path);

/// The name in `known` that is spelled most like `name`, or empty if none is near.
std::string nearest(std::string_view name, const std::vector<std::string> &known);

} // namespace lab
