// SPDX-License-Identifier: GPL-2.0-or-later
//
// $LogFile, as far as a driver looks at it before it decides whether to replay it.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

constexpr u64 logfile_record = 2;

/// What the first restart page says of the pages after it; where it does not, what is usual.
struct LogShape {
  u64 page_bytes = 0;  ///< in a page of records
  u64 first_page = 0;  ///< number of the first of those
  u64 data_offset = 0; ///< where records start in it
  u64 sequence_bits = 0;

  /// Where in the journal the record with that number is.
  u64 offset_of(u64 lsn) const { return lsn << sequence_bits >> (sequence_bits - 3); }
};
LogShape shape_of_log(const Node &logfile);

/// True if there is no restart page, because all of the journal was overwritten with 0xff.
bool is_emptied(const Node &logfile);

} // namespace lab::ntfs
