// SPDX-License-Identifier: GPL-2.0-or-later
//
// System calls are repeated until all bytes went through: a short write is not an error, an
// interrupted one neither.
#include "base/file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

namespace lab {

void fail_io(const std::string &path, const char *doing, int error_number) {
  throw IoError(path + ": " + doing + ": " + std::strerror(error_number));
}

File::File(const std::string &path, int flags, unsigned mode)
    : path(path), fd(::open(path.c_str(), flags | O_CLOEXEC, mode)) {
  if (fd < 0) fail_io(path, "opening", errno);
}

File::~File() { ::close(fd); }

u64 File::size() const {
  off_t end = ::lseek(fd, 0, SEEK_END);
  if (end < 0) fail_io(path, "finding the size", errno);
  return static_cast<u64>(end);
}

Bytes File::read_at(u64 at, size_t most) const {
  Bytes bytes(most);
  size_t done = 0;
  while (done < most) {
    ssize_t got = ::pread(fd, bytes.data() + done, most - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_io(path, "reading", errno);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

void File::write_at(u64 at, std::span<const u8> data) {
  while (!data.empty()) {
    ssize_t put = ::pwrite(fd, data.data(), data.size(), static_cast<off_t>(at));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail_io(path, "writing", errno);
    at += static_cast<u64>(put);
    data = data.subspan(static_cast<size_t>(put));
  }
}

void File::truncate(u64 size) {
  if (::ftruncate(fd, static_cast<off_t>(size)) < 0) fail_io(path, "truncating", errno);
}

void File::begin_sync(u64 at, u64 length) {
  ::sync_file_range(fd, static_cast<off_t>(at), static_cast<off_t>(length), SYNC_FILE_RANGE_WRITE);
}

void File::sync() {
  if (::fsync(fd) < 0) fail_io(path, "writing to the disk", errno);
}

std::optional<struct stat> status_of(const std::string &path) {
  struct stat status;
  if (::stat(path.c_str(), &status) == 0) return status;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  fail_io(path, "looking at it", errno);
}

std::string folder_of(const std::string &path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

void sync_folder(const std::string &folder) { File(folder, O_RDONLY | O_DIRECTORY).sync(); }

} // namespace lab
