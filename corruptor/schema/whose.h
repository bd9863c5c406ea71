// SPDX-License-Identifier: GPL-2.0-or-later
//
// The reverse of a path: which field is the byte at this place of the disk, and which file has it? The
// tables answer that as they are: a structure whose bytes hold the byte is entered, down to the innermost,
// and its rows say the rest. Only lists too long to be asked one by one need help (Edge::owners).
#pragma once

#include <map>

#include "schema/path.h"

namespace lab {

/// A place that holds a byte of the disk.
struct Owner {
  Target target;   ///< the innermost field; or, where no row knows the byte, it as a range of its structure
  Extent extent;   ///< the bytes from this one on that the target has in one piece on the disk
  std::string file; ///< the path of the file that it belongs to, in its volume; empty: none
};

/// Everything that holds a byte, the smallest first: several, where clusters are cross-linked. Never empty: bytes that
/// nothing knows are a range of the disk. Damage on the way hides what lies behind it, no more.
///
/// For many bytes of a disk that stays as it is: what is asked about every one of them, the volumes and what each has
/// one of, is kept, with all that it finds out about itself, such as whose each cluster is.
class Whose {
public:
  explicit Whose(Node root) : root(std::move(root)) {}
  std::vector<Owner> operator()(u64 on_disk) const;

private:
  Node root;
  mutable std::map<std::pair<const Edge *, u64>, std::vector<Node>> below; ///< an edge, by its node's place
};

/// Some bytes of the disk and who holds them.
struct Located {
  Extent extent;
  std::vector<Owner> owners;
};

/// A range of the disk, place by place in order, until `visit` returns false.
void each_located(const Node &root, Extent range, const std::function<bool(Located)> &visit);

} // namespace lab
