// SPDX-License-Identifier: GPL-2.0-or-later
//
// The edge of the program: arguments in, exit code out. Every error arrives here as an Error whose kind
// is the exit code; with --json it is printed as JSON, too, so a script never has to read prose.
#include <csignal>
#include <cstring>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/cli.h"

namespace lab {

namespace {

/// Writes are found again by their bytes, so stopping anywhere is safe; what is missing is a word on how
/// to go on.
void interrupted(int signal) {
  static const char words[] =
      "\ncorruptor: interrupted. If writing had begun, the journal knows all of it: `corruptor status IMAGE` tells, "
      "`corruptor undo IMAGE` takes it back, the same command again finishes it.\n";
  [[maybe_unused]] ssize_t written = write(2, words, sizeof words - 1);
  std::signal(signal, SIG_DFL);
  raise(signal);
}

const char *kind_word(Kind kind) {
  switch (kind) {
  case Kind::misuse: return "misuse";
  case Kind::damage: return "damage";
  case Kind::refused: return "refused";
  case Kind::partly: return "partly applied";
  case Kind::io: return "i/o error";
  }
  return "error";
}

int report(const Error &error, bool json) {
  fmt::print(stderr, "corruptor: {}: {}\n", kind_word(error.kind), error.what());
  if (json) {
    nlohmann::ordered_json body = {{"kind", kind_word(error.kind)}, {"exit_code", static_cast<int>(error.kind)}, {"message", error.what()}};
    if (const Damage *damage = dynamic_cast<const Damage *>(&error)) body["at"] = damage->at;
    print_json({{"error", body}});
  }
  return static_cast<int>(error.kind);
}

int run(int argc, char **argv) {
  Options options;
  int (*command)(const Options &) = nullptr;
  CLI::App app("Breaks disk images on purpose, field by field, and takes it back", "corruptor");
  describe_commands(app, options, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Kind::misuse);
  }
  if (options.document == "man") {
    fmt::print("{}", man_page(app));
    return 0;
  }
  if (options.document == "completion") {
    fmt::print("{}", bash_completion(app));
    return 0;
  }
  try {
    return command(options);
  } catch (const Error &error) {
    return report(error, options.json);
  } catch (const std::bad_alloc &) {
    return report(IoError("out of memory"), options.json);
  } catch (const std::exception &error) {
    return report(IoError(std::string("internal error, please report: ") + error.what()), options.json);
  }
}

} // namespace

} // namespace lab

int main(int argc, char **argv) {
  std::signal(SIGINT, lab::interrupted);
  std::signal(SIGTERM, lab::interrupted);
  std::signal(SIGPIPE, SIG_IGN); // a server that dies is an error to report, not an end
  int code = lab::run(argc, argv);
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
    fmt::print(stderr, "corruptor: i/o error: cannot write the output: {}\n", std::strerror(errno));
    return code ? code : static_cast<int>(lab::Kind::io);
  }
  return code;
}
