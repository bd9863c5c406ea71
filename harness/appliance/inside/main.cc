// SPDX-License-Identifier: GPL-2.0-or-later
// The small program that lives inside the appliance and looks at one disk after the other.
//
// To run a command inside takes a tenth of a second where the processor is emulated, so nothing here is done
// by commands. It reads a request a line from a port, as JSON (look.h says what), has a child carry it out,
// and answers with a line: what the child found, the signal that ended it if one did (an oops does), and what
// the kernel logged meanwhile.
#include <fcntl.h>
#include <sys/klog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "look.h"
#include "sysfs.h"
#include "text.h"

namespace {

constexpr const char *PORT = "corruptor.look"; // as machine.py calls it
constexpr int READ_CLEAR = 4;                  // syslog(2)
constexpr int LOG_SIZE = 10;

std::string port_device() {
  for (const auto &entry : std::filesystem::directory_iterator("/sys/class/virtio-ports")) {
    std::string name;
    std::getline(std::ifstream(entry.path() / "name"), name);
    if (name == PORT) { return "/dev/" + entry.path().filename().string(); }
  }
  throw std::runtime_error("no port to the harness");
}

// The slot is known by its size, whatever the kernel calls it.
std::string slot_device(std::uint64_t size) {
  for (const auto &entry : std::filesystem::directory_iterator("/sys/block")) {
    if (number_in(entry.path() / "size") * 512 == size) { return "/dev/" + entry.path().filename().string(); }
  }
  throw std::runtime_error("no slot for disks");
}

std::string kernel_log() {
  std::vector<char> buffer(static_cast<std::size_t>(::klogctl(LOG_SIZE, nullptr, 0)));
  const int length = ::klogctl(READ_CLEAR, buffer.data(), static_cast<int>(buffer.size()));
  return as_text({buffer.data(), static_cast<std::size_t>(std::max(0, length))});
}

void write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(file, text.data(), text.size());
    if (wrote <= 0) {
      ::_exit(1); // nobody is there to be told
    }
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

// What can be read until `last`, or to the end.
std::string read_until(int file, char last) {
  std::string text;
  std::vector<char> block(1 << 16);
  while (!text.ends_with(last)) {
    const ssize_t got = ::read(file, block.data(), block.size());
    if (got <= 0) { break; }
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  return text;
}

// Does the work in a child, and returns what it found; only {"signal": number} if something ended it.
nlohmann::json in_child(const nlohmann::json &request, const std::string &slot, Digests &digests) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) { throw std::runtime_error("no pipe"); }
  const pid_t child = ::fork();
  if (child == 0) {
    write_all(ends[1], look(request, slot, digests).dump() + "\n");
    ::_exit(0);
  }
  ::close(ends[1]);
  const std::string answer = read_until(ends[0], '\n');
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? nlohmann::json{{"signal", WTERMSIG(status)}} : nlohmann::json::parse(answer);
}

// What a look has written to the slot is in the host's hands once this returns.
void write_back(const std::string &slot) {
  const int file = ::open(slot.c_str(), O_WRONLY | O_CLOEXEC);
  ::fsync(file);
  ::close(file);
}

} // namespace

int main(int /*argc*/, char **argv) {
  const int port = ::open(port_device().c_str(), O_RDWR | O_CLOEXEC);
  const std::string slot = slot_device(std::stoull(argv[1]));
  Digests digests;
  for (std::string line; !(line = read_until(port, '\n')).empty();) {
    nlohmann::json answer = in_child(nlohmann::json::parse(line), slot, digests);
    write_back(slot);
    answer["log"] = kernel_log();
    write_all(port, answer.dump() + "\n");
  }
}
