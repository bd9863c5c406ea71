// SPDX-License-Identifier: GPL-2.0-or-later
//
// $UsnJrnl: what happened to which file.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// The change journal as a child of the volume, over its stream $J. Misuse if the volume has none.
std::optional<Node> find_usn_journal(const Node &volume, const Key &);

} // namespace lab::ntfs
