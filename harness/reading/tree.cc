// SPDX-License-Identifier: GPL-2.0-or-later
#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>

#include "text.h"

namespace {

constexpr std::size_t MOST = 3 << 20; // bytes of names; a damaged tree may have no end

struct Child {
  std::string name;
  ino_t inode;
  mode_t kind; // S_IFREG, S_IFDIR, or something else
};

struct Unread {
  std::string path;
  std::set<ino_t> above;
};

mode_t kind_of(const std::string &folder, const dirent &entry) {
  if (entry.d_type != DT_UNKNOWN) { return DTTOIF(entry.d_type); }
  struct stat status {};
  return ::lstat((folder + "/" + entry.d_name).c_str(), &status) == 0 ? status.st_mode & S_IFMT : 0;
}

// The children that could be listed; errno is 0, or why there are no more: E2BIG if their names are more than
// `most` bytes.
std::vector<Child> listed(const std::string &folder, std::size_t most) {
  std::vector<Child> children;
  const std::unique_ptr<DIR, int (*)(DIR *)> open(::opendir(folder.c_str()), ::closedir);
  if (!open) { return children; }
  std::size_t bytes = 0;
  errno = 0;
  while (const dirent *entry = ::readdir(open.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") { children.push_back({name, entry->d_ino, kind_of(folder, *entry)}); }
    bytes += name.size() + 1;
    errno = bytes > most ? E2BIG : 0;
    if (errno != 0) { break; }
  }
  const int why = errno;
  std::ranges::sort(children, {}, &Child::name);
  errno = why;
  return children;
}

nlohmann::json row(const std::string &path, const Contents &contents) {
  return {as_text(path), contents.size, contents.sha256, contents.error};
}

Contents read_file(const std::string &path, std::uint64_t most, Digests &digests) {
  const int file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) { return {0, "", std::strerror(errno)}; }
  Contents contents = digests.of(file, most);
  ::close(file);
  return contents;
}

} // namespace

Tree read_tree(const std::string &root, std::uint64_t longest_file, Digests &digests) {
  Tree tree{nlohmann::json::array(), {}, {}};
  std::vector<Unread> unread{{"", {}}};
  std::size_t room = MOST;
  while (!unread.empty() && room > 0) {
    const Unread folder = std::move(unread.back());
    unread.pop_back();
    const std::vector<Child> children = listed(root + folder.path, room);
    if (errno != 0) {
      tree.files.push_back(
          row(folder.path + "/", {0, "", errno == E2BIG ? "its names have no end" : std::strerror(errno)}));
    } else {
      tree.folders.push_back(folder.path);
    }
    for (const Child &child : children) {
      const std::string path = folder.path + "/" + child.name;
      room -= std::min(room, path.size() + 1);
      if (child.kind == S_IFREG) {
        tree.paths.push_back(path);
        tree.files.push_back(row(path, read_file(root + path, longest_file, digests)));
      } else if (child.kind == S_IFDIR && folder.above.contains(child.inode)) {
        tree.files.push_back(row(path + "/", {0, "", "it leads back to a folder above it"}));
      } else if (child.kind == S_IFDIR) {
        std::set<ino_t> above = folder.above;
        above.insert(child.inode);
        unread.push_back({path, std::move(above)});
      }
    }
  }
  return tree;
}
