// SPDX-License-Identifier: GPL-2.0-or-later
//
// The server must never outlive us. It ends when its only client goes; but a client that is killed
// before the handshake is over leaves a qemu-nbd that waits for ever. Hence the parent death signal.
// The kernel sends it when the *thread* that started the child ends, so a thread of its own does that
// and waits until the device is gone.
#include "device/server.h"

#include <cerrno>
#include <cstring>
#include <future>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <libnbd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

namespace lab {

/// Standard error of a child, in memory. The child opens it by name, so that no other child inherits it.
class Errors {
 public:
  Errors() : fd(::memfd_create("errors", MFD_CLOEXEC)) {
    if (fd < 0) fail_io("memfd", "creating", errno);
  }
  ~Errors() { ::close(fd); }
  Errors(const Errors &) = delete;
  Errors &operator=(const Errors &) = delete;

  std::string name() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), fd); }
  std::string text() const {
    std::string text(64 << 10, '\0');
    ssize_t got = ::pread(fd, text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<size_t>(got) : 0);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }

 private:
  int fd;
};

/// While it lives, children inherit `fd`.
class Inherited {
 public:
  explicit Inherited(int fd) : fd(fd) { set(0); }
  ~Inherited() { set(FD_CLOEXEC); }
  Inherited(const Inherited &) = delete;
  Inherited &operator=(const Inherited &) = delete;

 private:
  void set(int flags) const {
    if (fd >= 0) ::fcntl(fd, F_SETFD, flags);
  }
  int fd;
};

std::string doubled_commas(const std::string &text) {
  std::string doubled;
  for (char letter : text) doubled.append(letter == ',' ? 2 : 1, letter);
  return doubled;
}

/// Options rather than a file name, for a name may begin like a protocol ("nbd:") or an option. The
/// cache stays QEMU's default, writeback, which makes a flush reach the disk.
static std::vector<std::string> qemu_nbd(const Served &served) {
  std::string image = fmt::format("driver={},file.driver={},file.filename={}", served.format,
                                  served.block_device ? "host_device" : "file", doubled_commas(served.path));
  std::vector<std::string> command = {"qemu-nbd", "--image-opts", image};
  if (!served.writable) command.push_back("--read-only");
  return command;
}

/// The death signal is set too late if we died before; so the shell looks who its parent is. It must
/// be SIGKILL: qemu-nbd forgets a SIGTERM that comes while it starts.
static std::vector<std::string> dying_with_us(const std::vector<std::string> &command, const Errors &errors) {
  constexpr const char *start = R"(exec 2>/dev/null; parent=$1 errors=$2; shift 2
[ "$PPID" = "$parent" ] && exec "$@" </dev/null >/dev/null 2>"$errors")";
  std::vector<std::string> whole = {
      "setpriv", "--pdeathsig", "KILL", "sh", "-c", start, "sh", std::to_string(::getpid()), errors.name()};
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

static std::vector<char *> pointers(const std::vector<std::string> &command) {
  std::vector<char *> words;
  for (const std::string &word : command) words.push_back(const_cast<char *>(word.c_str()));
  words.push_back(nullptr);
  return words;
}

namespace {
/// The thread that is the server's parent in the kernel's eyes.
class Keeper {
 public:
  /// Connects `handle` to a new server; empty if that worked, else libnbd's words.
  std::string start(nbd_handle *handle, const std::vector<std::string> &command) {
    std::promise<std::string> answer;
    std::future<std::string> answered = answer.get_future();
    thread = std::thread([this, handle, &command, answer = std::move(answer)]() mutable {
      std::vector<char *> words = pointers(command);
      bool good = nbd_connect_systemd_socket_activation(handle, words.data()) == 0;
      answer.set_value(good ? "" : nbd_get_error());
      ended.get_future().wait();
    });
    return answered.get();
  }
  ~Keeper() {
    ended.set_value();
    if (thread.joinable()) thread.join();
  }

 private:
  std::promise<void> ended;
  std::thread thread;
};
} // namespace

void fail_by_words(const std::string &path, const std::string &format, const std::string &errors) {
  if (errors.find("Failed to get") != std::string::npos && errors.find("lock") != std::string::npos)
    throw Refused(fmt::format("{} is in use: another process holds QEMU's lock on it; stop the virtual "
                              "machine or the qemu-nbd that uses it, then try again ({})",
                              path, errors));
  if (errors.find("qemu-nbd: not found") != std::string::npos ||
      errors.find("qemu-img: not found") != std::string::npos)
    throw IoError(fmt::format("{}: cannot be opened: qemu-nbd and qemu-img are not installed; install the "
                              "package qemu-utils",
                              path));
  throw IoError(fmt::format("{}: cannot be opened as {}: {}", path, format, errors));
}

/// libnbd removes its socket when the connection is closed, so a killed process would leave it behind.
/// Nobody needs its name once we are connected.
static void remove_socket(nbd_handle *handle) {
  sockaddr_un address{};
  socklen_t length = sizeof address - 1;
  int fd = nbd_aio_get_fd(handle);
  if (::getpeername(fd, reinterpret_cast<sockaddr *>(&address), &length) < 0 || address.sun_path[0] != '/')
    return;
  if (::unlink(address.sun_path) == 0) ::rmdir(folder_of(address.sun_path).c_str());
}

Server start_server(const Served &served) {
  Errors errors;
  std::vector<std::string> command = dying_with_us(qemu_nbd(served), errors);
  std::shared_ptr<Keeper> keeper = std::make_shared<Keeper>();
  std::unique_ptr<Connection> connection = std::make_unique<Connection>();
  std::string failure;
  {
    Inherited lock(served.lock_fd);
    failure = keeper->start(connection->handle, command);
  }
  if (failure.empty()) {
    remove_socket(connection->handle);
    return {keeper, std::move(connection)};
  }
  connection.reset(); // waits for the server's end, so that all its words are there
  std::string words = errors.text();
  fail_by_words(served.path, served.format, words.empty() ? failure : words);
}

} // namespace lab
