// SPDX-License-Identifier: GPL-2.0-or-later
//
// $Secure: the security descriptors of all files.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// $Secure as a child of the volume, over its stream $SDS.
std::optional<Node> find_secure(const Node &volume, const Key &);

/// The entry of $SDS that the record's security_id names; none if the record has no such number.
std::optional<Node> descriptor_of_record(const Node &record, const Key &);

} // namespace lab::ntfs
