// SPDX-License-Identifier: GPL-2.0-or-later
// read-files FOLDER: what every file below a folder holds, as JSON; readback.py understands it.
//
// It runs in a jail, as a process of its own: it may hang like any tool. Descriptor 3 is memory that one run leaves to the
// next, in which sums of contents stand that were seen before.
//
// A FUSE driver and its reader wait for each other some four times a file. On two processors each time one of them is woken
// from its sleep, which costs a virtual machine three times what the reading does; so both run on the one that the
// reader is on. The driver is a child of the jail's first process, as whoever started it is gone.
#include <sched.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "tree.h"

namespace {

constexpr int SEEN = 3;
constexpr std::size_t MOST = 3 << 20; // bytes that are printed; a damaged tree may have no end

// The process number of a process within the jail; /proc has those of outside.
int number_inside(const std::string &process) {
  std::ifstream status("/proc/" + process + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("NSpid:")) { return std::stoi(line.substr(line.find_last_of('\t') + 1)); }
  }
  return -1;
}

std::string first_process() {
  std::string stat;
  std::getline(std::ifstream("/proc/self/stat"), stat);
  std::istringstream behind_name(stat.substr(stat.rfind(')') + 1));
  std::string state, parent;
  behind_name >> state >> parent;
  return parent;
}

void share_processor() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
  const std::string first = first_process();
  std::ifstream children("/proc/" + first + "/task/" + first + "/children");
  for (std::string child; children >> child;) {
    if (const int number = number_inside(child); number > 0) { ::sched_setaffinity(number, sizeof one, &one); }
  }
}

} // namespace

int main(int /*argc*/, char **argv) {
  share_processor();
  Digests seen(SEEN);
  std::string text;
  for (const nlohmann::json &row : read_tree(argv[1], UINT64_MAX, seen).files) {
    const std::string one = row.dump();
    if (text.size() + one.size() + 3 > MOST) { break; }
    text += (text.empty() ? "[" : ", ") + one;
  }
  std::cout << (text.empty() ? "[" : "") << text << "]" << std::flush;
}
