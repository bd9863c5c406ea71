// SPDX-License-Identifier: GPL-2.0-or-later
//
// From a place on the disk to the record that it belongs to.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// The record that holds the byte, or the records of the files whose clusters it is in, each labelled with its
/// file's path. The first time, all records are read.
void each_owner(const Node &volume, u64 on_disk, const Visit &visit);

/// "/dir/a.txt", by the names in the records; as far as they lead up to the root.
std::string path_of_record(const Node &volume, u64 record);

} // namespace lab::ntfs
