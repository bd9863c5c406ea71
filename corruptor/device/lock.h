// SPDX-License-Identifier: GPL-2.0-or-later
//
// QEMU locks qcow2 files, but two qemu-nbd on one raw file both start. So every image is also locked
// by us: shared to read, exclusive to write. qemu-nbd inherits the lock; after a crash of ours it
// lasts until the server has done its last write, and who comes next does not look too early.
#pragma once

#include "base/file.h"

namespace lab {

class ImageLock {
 public:
  /// Refused if another process holds the image.
  ImageLock(const std::string &path, bool writable);
  ~ImageLock();
  ImageLock(const ImageLock &) = delete;
  ImageLock &operator=(const ImageLock &) = delete;

  const int fd; ///< far from the first descriptors, which socket activation uses
};

/// Looks at what the file is before anything opens it. Misuse if there is none; Refused for whatever
/// is no image that could be read (or written).
struct stat check_image(const std::string &path, bool writable, bool allow_block_device);

} // namespace lab
