// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel keeps a flock until it is given back or until the last process that shares the
// descriptor ends, whichever comes first.
#include "device/lock.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/error.h"

namespace lab {

struct stat check_image(const std::string &path, bool writable, bool allow_block_device) {
  std::optional<struct stat> found = status_of(path);
  if (!found) throw Misuse(path + ": no such file");
  mode_t mode = found->st_mode;
  if (S_ISDIR(mode)) throw Refused(path + ": is a directory, expected a disk image");
  if (!S_ISREG(mode) && !S_ISBLK(mode))
    throw Refused(path + ": is neither a file nor a block device, expected a disk image");
  if (S_ISBLK(mode) && writable && !allow_block_device)
    throw Refused(path +
                  ": is a block device, perhaps a disk in use; writing to it must be allowed explicitly");
  if (S_ISREG(mode) && found->st_size == 0) throw Refused(path + ": is empty, expected a disk image");
  if (S_ISREG(mode) && writable && (mode & 0222) == 0) // root could write it all the same
    throw Refused(
        fmt::format("{}: is read-only (mode {:04o}); make it writable first (chmod u+w), or work on "
                    "an overlay",
                    path, mode & 07777));
  return *found;
}

static int open_to_lock(const std::string &path, bool writable) {
  struct stat status = check_image(path, writable, true);
  int flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC;
  if (S_ISBLK(status.st_mode) && writable) flags |= O_EXCL; // the kernel refuses a mounted one
  int low = ::open(path.c_str(), flags);
  if (low < 0 && errno == EBUSY) throw Refused(path + ": is in use by the kernel; unmount it first");
  if (low < 0 && (errno == EACCES || errno == EPERM || errno == EROFS))
    throw Refused(fmt::format("{}: cannot be opened for {}: {}", path, writable ? "writing" : "reading",
                              std::strerror(errno)));
  if (low < 0) fail_io(path, "opening", errno);
  int high = ::fcntl(low, F_DUPFD_CLOEXEC, 64);
  int failed = errno;
  ::close(low);
  if (high < 0) fail_io(path, "duplicating its descriptor", failed);
  return high;
}

/// The process that took the lock on the open file `fd`, from /proc/locks, whose lines look like
/// "7: FLOCK  ADVISORY  WRITE 4711 fe:00:9961503 0 EOF". 0 if it cannot be told.
static pid_t holder_of(int fd) {
  struct stat status;
  if (::fstat(fd, &status) < 0) return 0;
  std::string file =
      fmt::format("{:02x}:{:02x}:{}", major(status.st_dev), minor(status.st_dev), status.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, advisory, access, where;
    pid_t holder = 0;
    words >> number >> kind >> advisory >> access >> holder >> where;
    if (kind == "FLOCK" && where == file) return holder;
  }
  return 0;
}

/// A process that was killed leaves the lock to its server, which needs a moment to end: that is
/// waited for. A living one is not.
ImageLock::ImageLock(const std::string &path, bool writable) : fd(open_to_lock(path, writable)) {
  constexpr int tries = 500;
  for (int i = 0; ::flock(fd, (writable ? LOCK_EX : LOCK_SH) | LOCK_NB) < 0; i++) {
    int failed = errno;
    pid_t holder = holder_of(fd);
    bool alive = holder > 0 && (::kill(holder, 0) == 0 || errno == EPERM);
    if (failed == EINTR || (failed == EWOULDBLOCK && !alive && i < tries)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      continue;
    }
    ::close(fd);
    if (failed != EWOULDBLOCK) fail_io(path, "locking", failed);
    std::string who = alive ? fmt::format("process {}", holder) : "another process";
    throw Refused(fmt::format("{}: is in use: {} has it open; wait for its end, then try again", path, who));
  }
}

ImageLock::~ImageLock() {
  ::flock(fd, LOCK_UN); // for every process that shares the descriptor
  ::close(fd);
}

} // namespace lab
