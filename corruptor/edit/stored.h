// SPDX-License-Identifier: GPL-2.0-or-later
//
// Large contents, kept in the journal's data file. Nothing is kept for what is zero, so a wipe of an
// empty half-gigabyte costs nothing; and one chunk at a time is in memory.
#pragma once

#include "base/file.h"
#include "edit/journal.h"

namespace lab {

/// `length` bytes of a space from `at`, which are at `data_at` in the data file.
struct StoredChunk {
  u64 at = 0;
  u64 length = 0;
  u64 data_at = 0;
  u32 sum = 0; ///< CRC-32 of the bytes
};

/// Appends the contents of `space` to `file` from `data_at` on.
std::vector<StoredChunk> store(const Space &space, File &file, u64 data_at, const Progress &progress);

/// A space of `length` bytes that is read back from its chunks, and is zero between them.
SpacePtr stored_space(std::shared_ptr<const File> file, u64 length, std::vector<StoredChunk> chunks);

} // namespace lab
