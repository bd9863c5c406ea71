// SPDX-License-Identifier: GPL-2.0-or-later
//
// The floor that corruptor's speed is measured against: the least that must be done to change bytes of a
// disk so that it can be undone. It knows no format and plans nothing; it is told which bytes, and how long
// a journal to keep. It starts qemu-nbd as corruptor does, reads the bytes, keeps them in a journal that
// it fsyncs, writes, and flushes. One request follows the other, as anybody would write it.
//
// Jobs are read from standard input, one a line, and each is answered with the line "done":
//   apply IMAGE FORMAT JOURNAL SIZE WRITE...   WRITE is OFFSET+LENGTH (zeroes) or OFFSET=HEXADECIMAL
//   undo  IMAGE FORMAT JOURNAL READ...         READ is OFFSET+LENGTH
//   read  IMAGE FORMAT - READ...               reads them, and that is all
// A journal shorter than the bytes leaves zeroes out: what it lacks is made up of what it has.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <libnbd.h>
#include <unistd.h>

using Bytes = std::vector<uint8_t>;

constexpr uint64_t chunk_size = 1 << 20;

/// The fastest of 256 KiB, 1 MiB, 4 MiB and 32 MiB where this was measured.
struct Write {
  uint64_t at;
  uint64_t length;
  Bytes bytes; ///< none for zeroes
};

[[noreturn]] static void fail(const std::string &what) {
  std::perror(what.c_str());
  std::exit(1);
}

static void check(bool good, const char *doing) {
  if (good) return;
  std::fprintf(stderr, "floor: %s: %s\n", doing, nbd_get_error());
  std::exit(1);
}

static std::vector<std::string> as_corruptor_does(const std::vector<std::string> &command) {
  const char *start = R"(exec 2>/dev/null; parent=$1 errors=$2; shift 2
[ "$PPID" = "$parent" ] && exec "$@" </dev/null >/dev/null 2>"$errors")";
  std::vector<std::string> whole = {"setpriv", "--pdeathsig", "KILL",      "sh", "-c", start, "sh",
                                    std::to_string(getpid()), "/dev/null"};
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

static std::vector<char *> pointers(const std::vector<std::string> &command) {
  std::vector<char *> words;
  for (const std::string &word : command) words.push_back(const_cast<char *>(word.c_str()));
  words.push_back(nullptr);
  return words;
}

static nbd_handle *connect(const std::string &image, const std::string &format) {
  std::string options = "driver=" + format + ",file.driver=file,file.filename=" + image;
  std::vector<std::string> command = as_corruptor_does({"qemu-nbd", "--image-opts", options});
  nbd_handle *nbd = nbd_create();
  check(nbd, "creating a handle");
  nbd_set_pread_initialize(nbd, false);
  check(nbd_connect_systemd_socket_activation(nbd, pointers(command).data()) == 0, "starting qemu-nbd");
  return nbd;
}

static void disconnect(nbd_handle *nbd) {
  check(nbd_flush(nbd, 0) == 0, "flushing");
  check(nbd_shutdown(nbd, 0) == 0, "ending");
  nbd_close(nbd);
}

/// Calls `visit` with the offset and length of each chunk.
template <typename Visit> static void each_chunk(const std::vector<Write> &writes, Visit visit) {
  for (const Write &write : writes)
    for (uint64_t done = 0; done < write.length; done += chunk_size)
      visit(write.at + done, std::min(chunk_size, write.length - done));
}

static void apply(const std::string &image, const std::string &format, const std::string &journal,
                  uint64_t size, const std::vector<Write> &writes) {
  nbd_handle *nbd = connect(image, format);
  uint64_t total = 0, done = 0, kept = 0;
  for (const Write &write : writes) total += write.length;

  int fd = open(journal.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) fail(journal);
  Bytes chunk(chunk_size);
  auto keep = [&](uint64_t until) { // of each chunk its share of the journal
    for (uint64_t length; kept < until; kept += length) {
      length = std::min(until - kept, chunk_size);
      if (write(fd, chunk.data(), length) != static_cast<ssize_t>(length)) fail(journal);
    }
  };
  each_chunk(writes, [&](uint64_t at, uint64_t length) {
    check(nbd_pread(nbd, chunk.data(), length, at, 0) == 0, "reading");
    done += length;
    keep(std::min(done, static_cast<uint64_t>(static_cast<double>(done) / static_cast<double>(total) *
                                              static_cast<double>(size))));
  });
  keep(size);
  if (fsync(fd) < 0) fail(journal);
  close(fd);

  for (const Write &write : writes)
    if (write.bytes.empty())
      check(nbd_zero(nbd, write.length, write.at, LIBNBD_CMD_FLAG_NO_HOLE) == 0, "zeroing");
    else
      check(nbd_pwrite(nbd, write.bytes.data(), write.length, write.at, 0) == 0, "writing");
  disconnect(nbd);
}

static void undo(const std::string &image, const std::string &format, const std::string &journal,
                 const std::vector<Write> &writes) {
  nbd_handle *nbd = connect(image, format);
  int fd = open(journal.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(journal);
  uint64_t size = static_cast<uint64_t>(lseek(fd, 0, SEEK_END)), total = 0, done = 0, used = 0;
  for (const Write &write : writes) total += write.length;
  Bytes chunk(chunk_size);
  each_chunk(writes, [&](uint64_t at, uint64_t length) {
    done += length;
    uint64_t until = size >= total ? done : static_cast<uint64_t>(static_cast<double>(done) / static_cast<double>(total) *
                                           static_cast<double>(size));
    uint64_t part = until - used;
    if (pread(fd, chunk.data(), part, static_cast<off_t>(used)) != static_cast<ssize_t>(part)) fail(journal);
    used = until;
    check(nbd_pwrite(nbd, chunk.data(), length, at, 0) == 0, "writing");
  });
  disconnect(nbd);
  close(fd);
  unlink(journal.c_str());
}

static void read(const std::string &image, const std::string &format, const std::vector<Write> &places) {
  nbd_handle *nbd = connect(image, format);
  Bytes chunk(chunk_size);
  each_chunk(places, [&](uint64_t at, uint64_t length) { check(nbd_pread(nbd, chunk.data(), length, at, 0) == 0, "reading"); });
  check(nbd_shutdown(nbd, 0) == 0, "ending");
  nbd_close(nbd);
}

static Write read_write(const std::string &word) {
  size_t mark = word.find_first_of("+=");
  Write write{std::stoull(word), 0, {}};
  if (word.at(mark) == '+') {
    write.length = std::stoull(word.substr(mark + 1));
    return write;
  }
  for (size_t i = mark + 1; i + 1 < word.size(); i += 2)
    write.bytes.push_back(static_cast<uint8_t>(std::stoul(word.substr(i, 2), nullptr, 16)));
  write.length = write.bytes.size();
  return write;
}

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string job, image, format, journal;
    words >> job >> image >> format >> journal;
    uint64_t size = 0;
    if (job == "apply") words >> size;
    std::vector<Write> writes;
    for (std::string word; words >> word;) writes.push_back(read_write(word));
    if (job == "apply") apply(image, format, journal, size, writes);
    else if (job == "undo") undo(image, format, journal, writes);
    else if (job == "read") read(image, format, writes);
    else fail("unknown job " + job);
    std::cout << "done" << std::endl;
  }
}
