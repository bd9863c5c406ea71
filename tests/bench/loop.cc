// SPDX-License-Identifier: GPL-2.0-or-later
//
// The loop that the oracle's speed is measured against: copy a disk, damage it, run tools on it, read the
// files back, and see what changed. It knows no file system, judges nothing and protects nobody: no jail, no
// time limit, no record. Instead of a SHA-256 it takes a sum that costs next to nothing.
//
//   loop ROUNDS < SCRIPT
//
// A script is lines, carried out in each round; all files are on a tmpfs:
//   copy FROM TO               the data of a file, and holes where it has them
//   put FILE OFFSET FROM       the bytes of another file
//   run WORD...                a tool; its output is read, its exit code is whatever it is
//   read FOLDER                every file below a folder; there has to be one
//   clear FOLDER               removes what is below it
//   changed FILE BASE          compares both, where either has data
//   settle                     waits for daemons that were told to end
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr size_t chunk_size = 256 << 10;

static std::vector<char> buffer(chunk_size), other_buffer(chunk_size);
static uint64_t sum; ///< of all that was read, so that no compiler leaves the reading out

[[noreturn]] static void fail(const std::string &what) {
  std::perror(("loop: " + what).c_str());
  std::exit(1);
}

struct File {
  int descriptor;

  File(const std::string &path, int flags) : descriptor(open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (descriptor < 0) fail(path);
  }
  File(const File &) = delete;
  ~File() { close(descriptor); }

  off_t size() const { return lseek(descriptor, 0, SEEK_END); }
};

/// Calls back with the offset and length of each piece of data.
template <typename Callback> static void for_each_piece(const File &file, Callback callback) {
  off_t size = file.size();
  for (off_t at = 0; (at = lseek(file.descriptor, at, SEEK_DATA)) >= 0 && at < size;) {
    off_t end = lseek(file.descriptor, at, SEEK_HOLE);
    for (; at < end; at += chunk_size) callback(at, std::min<off_t>(chunk_size, end - at));
    at = end;
  }
}

static void copy(const std::string &from, const std::string &to) {
  File source(from, O_RDONLY), target(to, O_RDWR | O_CREAT | O_TRUNC);
  if (ftruncate(target.descriptor, source.size())) fail(to);
  for_each_piece(source, [&](off_t at, size_t length) {
    ssize_t read = pread(source.descriptor, buffer.data(), length, at);
    if (pwrite(target.descriptor, buffer.data(), read, at) != read) fail(to);
  });
}

static void put(const std::string &to, off_t at, const std::string &from) {
  File source(from, O_RDONLY), target(to, O_WRONLY);
  for (ssize_t length; (length = read(source.descriptor, buffer.data(), chunk_size)) > 0; at += length)
    if (pwrite(target.descriptor, buffer.data(), length, at) != length) fail(to);
}

static void run(const Words &words) {
  std::vector<char *> argv;
  for (const std::string &word : words) argv.push_back(const_cast<char *>(word.c_str()));
  argv.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) fail("pipe2");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  pid_t child;
  if ((errno = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ))) fail(words[0]);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  while (read(ends[0], buffer.data(), chunk_size) > 0) {}
  close(ends[0]);
  waitpid(child, nullptr, 0);
}

static void read_files(const std::string &folder) {
  int files = 0;
  for (const fs::directory_entry &entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_symlink() || !entry.is_regular_file()) continue;
    File file(entry.path(), O_RDONLY);
    for (ssize_t length; (length = read(file.descriptor, buffer.data(), chunk_size)) > 0;)
      sum = std::accumulate(buffer.begin(), buffer.begin() + length, sum);
    files++;
  }
  if (!files) fail("no files in " + folder);
}

static void clear(const std::string &folder) {
  for (const fs::directory_entry &entry : fs::directory_iterator(folder)) fs::remove_all(entry.path());
}

static void changed(const std::string &path, const std::string &base) {
  File file(path, O_RDONLY), before(base, O_RDONLY);
  auto compare = [&](off_t at, size_t length) {
    ssize_t now = pread(file.descriptor, buffer.data(), length, at);
    ssize_t then = pread(before.descriptor, other_buffer.data(), length, at);
    sum += now != then || std::memcmp(buffer.data(), other_buffer.data(), now);
  };
  for_each_piece(file, compare);
  for_each_piece(before, compare);
}

static void settle() {
  while (waitpid(-1, nullptr, 0) > 0) {}
}

static void carry_out(const Words &line) {
  const std::string &verb = line.at(0);
  if (verb == "copy")
    copy(line.at(1), line.at(2));
  else if (verb == "put")
    put(line.at(1), std::stoll(line.at(2)), line.at(3));
  else if (verb == "run")
    run({line.begin() + 1, line.end()});
  else if (verb == "read")
    read_files(line.at(1));
  else if (verb == "clear")
    clear(line.at(1));
  else if (verb == "changed")
    changed(line.at(1), line.at(2));
  else if (verb == "settle")
    settle();
  else
    fail("what is " + verb);
}

int main(int, char **argv) {
  prctl(PR_SET_CHILD_SUBREAPER, 1); // so that what daemons cost is counted
  std::vector<Words> script;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    script.emplace_back(std::istream_iterator<std::string>(words), std::istream_iterator<std::string>());
  }
  for (int left = std::atoi(argv[1]); left > 0; left--)
    for (const Words &line : script) carry_out(line);
  settle();
  std::printf("%llu\n", static_cast<unsigned long long>(sum));
}
