// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the files of a volume hold, by its structures alone: no driver, no mount. Names and sizes are claims; the bytes are
// what can be compared.
#pragma once

#include <map>

#include "device/overlay.h"
#include "formats/files.h"

namespace lab {

/// What a file holds.
struct Contents {
  std::string path;
  u64 size = 0;        ///< bytes that could be read, from its start
  std::string sha256;  ///< of these
  std::string trouble; ///< why there are no more; empty: it is whole
};

/// Reads files of a disk that stays as it is, or of what an overlay makes of it. Where nobody has changed a file's bytes,
/// they are not read a second time.
class ContentReader {
public:
  /// Each file of the volume, whose root space is the disk itself, or `changed` over it. Damage in the end, if some may be
  /// missing.
  void each(const FileReader &files, const Node &volume, const Overlay *changed, const std::function<void(const Contents &)> &visit);

private:
  using Places = std::vector<std::pair<u64, u64>>; ///< where on the disk, and how many bytes
  Contents read(std::string path, const FileContent &file, const Overlay *changed, u64 longest);

  std::map<Places, std::string> known;
  u64 budget = 0; ///< bytes that may still be read: files of a damaged volume may share clusters without end
};

} // namespace lab
