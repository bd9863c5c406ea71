// SPDX-License-Identifier: GPL-2.0-or-later
//
// The copies of a file's names.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// For each $FILE_NAME of the record, number n, the key of the entry that its directory has for it, as `listed_name[n]`.
/// A name that no entry has is left out; then comes Damage that says so.
void each_listed_name(const Node &record, const Visit &visit);

} // namespace lab::ntfs
