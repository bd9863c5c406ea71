// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file of the host: images are looked at through it before a server opens them, and journals are
// written with it. Every failure is an IoError that names the file.
#pragma once

#include <optional>
#include <string>

#include <sys/stat.h>

#include "base/bytes.h"

namespace lab {

class File {
 public:
  /// Opens `path` with the flags of open(2), close-on-exec added.
  File(const std::string &path, int flags, unsigned mode = 0600);
  ~File();
  File(const File &) = delete;
  File &operator=(const File &) = delete;

  u64 size() const;
  Bytes read_at(u64 at, size_t most) const; ///< shorter at the end of the file
  void write_at(u64 at, std::span<const u8> data);
  void truncate(u64 size);
  void begin_sync(u64 at, u64 length); ///< does not wait, and promises nothing; `sync` does
  void sync();

  const std::string path;
  const int fd;
};

/// What stat(2) says of `path`, or nothing if there is no such file.
std::optional<struct stat> status_of(const std::string &path);

/// The folder that `path` stands in, "." if it names none.
std::string folder_of(const std::string &path);

/// Makes the creation or removal of a file in `folder` durable.
void sync_folder(const std::string &folder);

/// "path: doing: No such file or directory", with the system's words for `error_number`.
[[noreturn]] void fail_io(const std::string &path, const char *doing, int error_number);

} // namespace lab
