// SPDX-License-Identifier: GPL-2.0-or-later
//
// The journal stands beside the image and holds, before the first byte is written, all that is
// needed to take the writes back. It is JSON lines, so a person can read it and `jq` can cut it:
//
//   {"plan":"ntfs/zero-dbr","seed":1,"size":67108864,"tool":"0.1.0","identity":[[0,"9ae0..."],...]}
//   {"at":48,"before":"0400000000000000","after":"0140000000000000","why":"set ntfs.boot.mft_lcn"}
//   {"at":524088000,"length":500000000,"before":{"data":[[0,1048576,0,"9ae0..."]]},"after":{"fill":"00"},...}
//   {"end":"ntfs/zero-dbr","lines":3,"sum":"8d1c9f02"}
//
// Large patches keep their bytes in a second file (`.data`), chunk by chunk, and nothing
// for what reads as zeroes. A plan without its `end` line was never begun: the crash came before the
// first write, and the lines are dropped. Several plans may stand in one journal, the last on top.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "edit/plan.h"

namespace lab {

/// Called with bytes done and bytes in all, now and then; may be empty.
using Progress = std::function<void(u64 done, u64 total)>;

class Journal {
 public:
  /// Reads what is there; an absent file is an empty journal. Damage if a finished entry does not
  /// match its sum, with file and line.
  explicit Journal(std::string path);

  /// The journal's place when nobody names one: `image` + ".journal"; for an NBD URI there is none
  /// beside it, so Misuse says that --journal is needed.
  static std::string beside(const std::string &image);

  bool empty() const { return plans.empty(); }
  const std::vector<Plan> &entries() const { return plans; } ///< oldest first; large parts read lazily

  /// True if the disk is the one that entry `index` was planned for: its size agrees, and of the
  /// sectors sampled then (outside the patches) more than half still hold the same bytes.
  bool is_for(size_t index, const Space &disk) const;

  /// Writes `plan`, with the `before` of large patches read now, and fsyncs file and folder.
  void append(const Plan &plan, const Progress &progress);

  /// Takes the newest entry away; the files go with the last one.
  void drop_last();

  const std::string path;

 private:
  /// What the journal knows of an entry beside its plan.
  struct Place {
    u64 start = 0;    ///< of its first line in the file
    u64 end = 0;      ///< after its last line
    u64 data_end = 0; ///< after its last byte in the data file
  };
  void read_entries(const std::string &text);
  void add_entry(const std::vector<std::string> &lines, Place place, size_t first_line);
  u64 end() const { return places.empty() ? 0 : places.back().end; }
  u64 data_end() const { return places.empty() ? 0 : places.back().data_end; }
  void cut_back() noexcept;

  const std::string data_path;
  u64 seen_size = 0; ///< of the file when it was last read or written by us
  std::vector<Plan> plans;
  std::vector<Place> places; ///< one for each plan
};

} // namespace lab
