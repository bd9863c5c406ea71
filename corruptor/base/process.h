// SPDX-License-Identifier: GPL-2.0-or-later
//
// Running another program: no shell, no terminal, nothing on its standard input, a time limit, and an
// end with ours, whatever ours is.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace lab {

struct Finished {
  int code = 0;       ///< exit status; 128 + signal if it was killed
  std::string output; ///< standard output and error, as they came
};

/// Runs argv[0] found on PATH. IoError if it cannot be started or does not end within `seconds`.
Finished run_program(const std::vector<std::string> &argv, int seconds);

/// A program that runs beside us until the object goes; it is killed with us, too.
class Companion {
public:
  explicit Companion(const std::vector<std::string> &argv);
  Companion(const Companion &) = delete;
  ~Companion();

  /// Asks it to end and waits for it, `seconds` at most; then kills it.
  void stop(int seconds);
  bool running();
  std::string output(); ///< what it said so far

private:
  pid_t pid = -1;
  int said = -1;
};

} // namespace lab
