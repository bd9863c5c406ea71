// SPDX-License-Identifier: GPL-2.0-or-later
//
// Security descriptors: who owns a file, and who may do what with it.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// The child `name` of `parent` that is the SID at `at` in the space of `parent`, with "S-1-5-18" as its
/// label.
Node sid_node(const Node &parent, std::string name, u64 at);

} // namespace lab::ntfs
