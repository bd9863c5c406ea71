// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fork and exec with the parent's death as a signal (prctl PR_SET_PDEATHSIG): the one way on Linux that
// holds even when we are killed with SIGKILL.
#include "base/process.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

namespace lab {

namespace {

/// Starts argv with its output going to the returned descriptor.
pid_t start(const std::vector<std::string> &argv, int &said) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw IoError(std::string("pipe: ") + std::strerror(errno));
  std::vector<char *> words;
  for (const std::string &word : argv) words.push_back(const_cast<char *>(word.c_str()));
  words.push_back(nullptr);
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid < 0) throw IoError(std::string("fork: ") + std::strerror(errno));
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127); // it died before the line above
    setpgid(0, 0);
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, 0);
    dup2(ends[1], 1);
    dup2(ends[1], 2);
    execvp(words[0], words.data());
    dprintf(2, "%s: %s\n", words[0], std::strerror(errno));
    _exit(127);
  }
  close(ends[1]);
  said = ends[0];
  return pid;
}

/// Waits for the process until the time is over; true if it ended.
bool ended_within(pid_t pid, int seconds, int &status) {
  int handle = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  pollfd wait = {handle, POLLIN, 0};
  int ready = poll(&wait, 1, seconds * 1000);
  close(handle);
  return ready > 0 && waitpid(pid, &status, 0) == pid;
}

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

} // namespace

Finished run_program(const std::vector<std::string> &argv, int seconds) {
  int said = -1, status = 0;
  pid_t pid = start(argv, said);
  Finished result;
  char buffer[4096];
  pollfd wait = {said, POLLIN, 0};
  bool late = false;
  while (!late) {
    if (poll(&wait, 1, seconds * 1000) <= 0) {
      late = true;
      break;
    }
    ssize_t count = read(said, buffer, sizeof buffer);
    if (count <= 0) break;
    result.output.append(buffer, static_cast<size_t>(count));
  }
  close(said);
  if (late || !ended_within(pid, seconds, status)) {
    kill(-pid, SIGKILL);
    waitpid(pid, &status, 0);
    throw IoError(argv[0] + " did not end within " + std::to_string(seconds) + " s; it said: " + result.output);
  }
  result.code = exit_code(status);
  return result;
}

Companion::Companion(const std::vector<std::string> &argv) : pid(start(argv, said)) {
  fcntl(said, F_SETFL, O_NONBLOCK);
}

Companion::~Companion() {
  stop(5);
  close(said);
}

void Companion::stop(int seconds) {
  if (pid < 0) return;
  int status;
  kill(-pid, SIGTERM);
  if (!ended_within(pid, seconds, status)) {
    kill(-pid, SIGKILL);
    waitpid(pid, &status, 0);
  }
  pid = -1;
}

bool Companion::running() {
  if (pid < 0) return false;
  int status;
  if (waitpid(pid, &status, WNOHANG) == 0) return true;
  pid = -1;
  return false;
}

std::string Companion::output() {
  std::string result;
  char buffer[4096];
  for (ssize_t count; (count = read(said, buffer, sizeof buffer)) > 0;) result.append(buffer, static_cast<size_t>(count));
  return result;
}

} // namespace lab
