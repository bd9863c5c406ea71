// SPDX-License-Identifier: GPL-2.0-or-later
//
// Attributes whose values other systems than NTFS give a meaning: extended attributes, and EFS's keys.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// The entries of the record's $EA attribute, as children `ea[n]`.
void each_ea(const Node &record, const Visit &visit);

/// The header in the record's $LOGGED_UTILITY_STREAM named $EFS; none if the file is not encrypted.
std::optional<Node> find_efs(const Node &record, const Key &);

} // namespace lab::ntfs
