// SPDX-License-Identifier: GPL-2.0-or-later
#include "volume.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

#include "edit.h"
#include "loop.h"
#include "text.h"
#include "tree.h"

namespace {

constexpr const char *FOLDER = "/run/volume";
constexpr const char *NEW_FILE = "/written.tmp";
constexpr const char *MOVED_FILE = "/written too.tmp";
constexpr std::array<char, 4096> CONTENT{'w', 'r', 'i', 't', 't', 'e', 'n'};
constexpr std::size_t MOST_FOLDERS = 32;

std::string why() { return std::strerror(errno); }

// Writes a new file and takes it away again: makes an entry, allocates, and frees both. Returns "" or why it
// cannot.
std::string make_file(const std::string &path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) { return why(); }
  std::string problem;
  if (::write(file, CONTENT.data(), CONTENT.size()) != static_cast<ssize_t>(CONTENT.size()) ||
      ::fsync(file) != 0) {
    problem = why();
  }
  ::close(file);
  if (::unlink(path.c_str()) != 0 && problem.empty()) { problem = why(); }
  return problem;
}

// The same in a folder, with a change of its name and a folder in between.
std::string make_more(const std::string &folder) {
  const std::string made = folder + NEW_FILE;
  const std::string moved = folder + MOVED_FILE;
  if (std::string problem = make_file(made); !problem.empty()) { return problem; }
  if (::mkdir(made.c_str(), 0700) != 0 || ::rename(made.c_str(), moved.c_str()) != 0 ||
      ::rmdir(moved.c_str()) != 0) {
    return why();
  }
  return "";
}

} // namespace

nlohmann::json use_volume(const std::string &driver, const std::string &access, const std::string &options,
                          std::uint64_t size, Digests &digests) {
  std::filesystem::create_directory(FOLDER);
  const unsigned long flags = access == "ro" ? MS_RDONLY : 0;
  if (::mount(Loop::device, FOLDER, driver.c_str(), flags, options.c_str()) != 0) {
    return {{"refused", why()}};
  }
  // Whatever shows a volume asks for its free space, and some drivers count it only then.
  struct statvfs room {};
  ::statvfs(FOLDER, &room);
  const Tree tree = read_tree(FOLDER, size, digests);
  nlohmann::json answer{{"files", tree.files}, {"elsewhere", nlohmann::json::object()}};
  if (access == "rw") {
    answer["touch"] = make_file(std::string(FOLDER) + NEW_FILE);
    for (std::size_t i = 0; i < std::min(MOST_FOLDERS, tree.folders.size()); ++i) {
      const std::string problem = make_more(FOLDER + tree.folders[i]);
      if (!problem.empty()) { answer["elsewhere"][as_text(tree.folders[i] + "/")] = problem; }
    }
  }
  if (access == "edit") { answer["elsewhere"] = edit_tree(FOLDER, tree); }
  answer["unmount"] = ::umount2(FOLDER, 0) == 0 ? "" : why();
  return answer;
}
