// SPDX-License-Identifier: GPL-2.0-or-later
#include "edit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <ranges>
#include <vector>

#include "text.h"

namespace {

constexpr std::size_t MOST_FILES = 8; // of one folder
constexpr std::size_t MOST_FOLDERS = 64;
constexpr off_t LONGEST = 1 << 20;

bool written(int file, const std::vector<char> &bytes, off_t at) {
  for (std::size_t wrote = 0; wrote < bytes.size();) {
    const ssize_t more =
        ::pwrite(file, bytes.data() + wrote, bytes.size() - wrote, at + static_cast<off_t>(wrote));
    if (more <= 0) { return false; }
    wrote += static_cast<std::size_t>(more);
  }
  return ::fsync(file) == 0;
}

bool cut(int file, off_t size) { return ::ftruncate(file, size) == 0 && ::fsync(file) == 0; }

// What can be read of a file, and no more than `most` bytes.
std::vector<char> readable(int file, off_t most) {
  std::vector<char> bytes(static_cast<std::size_t>(most));
  std::size_t total = 0;
  for (ssize_t got = 1; got > 0 && total < bytes.size();
       total += static_cast<std::size_t>(std::max<ssize_t>(got, 0))) {
    got = ::pread(file, bytes.data() + total, bytes.size() - total, static_cast<off_t>(total));
  }
  bytes.resize(total);
  return bytes;
}

// Its first byte is written again, one cluster is added and taken away again, and then it is emptied and
// written anew, as an editor saves it. Whatever goes wrong, the rest is done as well. Returns "" or what went
// wrong first.
std::string edit_file(int file, std::size_t cluster) {
  struct stat status {};
  if (file < 0 || ::fstat(file, &status) != 0) { return std::strerror(errno); }
  if (status.st_size > LONGEST) { return ""; }
  const std::vector<char> bytes = readable(file, status.st_size);
  const std::array<std::function<bool()>, 5> steps{
      [&] { return bytes.empty() || written(file, {bytes.front()}, 0); },
      [&] { return written(file, std::vector<char>(cluster), status.st_size); },
      [&] { return cut(file, status.st_size); },
      [&] { return cut(file, 0); },
      [&] { return written(file, bytes, 0); },
  };
  std::string first;
  for (const std::function<bool()> &step : steps) {
    if (!step() && first.empty()) { first = std::strerror(errno); }
  }
  return first;
}

std::string edit_folder(const std::string &folder) {
  const std::string moved = folder + ".tmp";
  if (::rename(folder.c_str(), moved.c_str()) != 0 || ::rename(moved.c_str(), folder.c_str()) != 0) {
    return std::strerror(errno);
  }
  const bool same = ::rmdir(folder.c_str()) == 0 ? ::mkdir(folder.c_str(), 0700) == 0 : errno == ENOTEMPTY;
  return same ? "" : std::strerror(errno);
}

} // namespace

nlohmann::json edit_tree(const std::string &root, const Tree &tree) {
  nlohmann::json failures = nlohmann::json::object();
  struct statvfs system {};
  const std::size_t cluster = ::statvfs(root.c_str(), &system) == 0 ? system.f_bsize : 1;
  // NTFS gives a file that grew out of its record a cluster for good, and what was emptied must find room
  // again.
  const bool room = system.f_bfree > 2 * tree.paths.size();
  std::map<std::string, std::size_t> edited; // in each folder
  for (const std::string &path : tree.paths) {
    if (!room || ++edited[path.substr(0, path.rfind('/'))] > MOST_FILES) { continue; }
    const int file = ::open((root + path).c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (const std::string why = edit_file(file, cluster); !why.empty()) { failures[as_text(path)] = why; }
    ::close(file);
  }
  for (const std::string &path :
       tree.folders | std::views::drop(1) | std::views::reverse | std::views::take(MOST_FOLDERS)) {
    if (const std::string why = edit_folder(root + path); !why.empty()) {
      failures[as_text(path + "/")] = why;
    }
  }
  return failures;
}
