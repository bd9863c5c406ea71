// SPDX-License-Identifier: GPL-2.0-or-later
//
// The edge of the program: arguments in, exit code out. Every error arrives here as an Error whose kind
// is the exit code; with --json it is printed as JSON, too, so a script never has to read prose.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <fcntl.h>
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

/// Never throws: if standard error is closed or full, there is nobody left to tell.
void complain(const std::string &text) { std::fputs(("corruptor: " + text + "\n").c_str(), stderr); }

int report(const Error &error, bool json) {
  complain(fmt::format("{}: {}", kind_word(error.kind), error.what()));
  if (json) {
    nlohmann::ordered_json body = {{"kind", kind_word(error.kind)}, {"exit_code", static_cast<int>(error.kind)}, {"message", error.what()}};
    if (const Damage *damage = dynamic_cast<const Damage *>(&error)) body["at"] = damage->at;
    print_json({{"error", body}});
  }
  return static_cast<int>(error.kind);
}

/// What the parser says of a command it does not know is only that it misses one.
Misuse misuse_of_arguments(const CLI::App &app, const CLI::ParseError &error, int argc, char **argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  std::vector<std::string> names;
  for (const CLI::App *command : app.get_subcommands({})) names.push_back(command->get_name());
  if (first.empty() || first[0] == '-' || std::ranges::count(names, first)) {
    std::string command = std::ranges::count(names, first) ? " " + first : "";
    return Misuse(fmt::format("{}; `corruptor{} --help` tells more", error.what(), command));
  }
  std::string near = nearest(first, names);
  return Misuse(fmt::format("no command '{}'; {}", first,
                            near.empty() ? fmt::format("there are: {}", fmt::join(names, ", ")) : "nearest: '" + near + "'"));
}

int run(int argc, char **argv) {
  Options options;
  int (*command)(const Options &) = nullptr;
  CLI::App app("Breaks disk images on purpose, field by field, and takes it back", "corruptor");
  describe_commands(app, options, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0) { // --help, --version
      app.exit(error);
      if (dynamic_cast<const CLI::CallForHelp *>(&error)) fmt::print("\n");
      return 0;
    }
    bool json = std::find(argv, argv + argc, std::string_view("--json")) != argv + argc;
    return report(misuse_of_arguments(app, error, argc, argv), json);
  }
  try {
    if (options.document == "man") fmt::print("{}", man_page(app));
    else if (options.document == "completion") fmt::print("{}", bash_completion(app));
    else return command(options);
    return 0;
  } catch (const Error &error) {
    return report(error, options.json);
  } catch (const std::bad_alloc &) {
    return report(IoError("out of memory"), options.json);
  } catch (const std::exception &error) {
    if (std::ferror(stdout)) throw; // printing failed; finish() says so
    return report(IoError(std::string("internal error, please report: ") + error.what()), options.json);
  }
}

/// Else the first file that is opened would be standard output, and what is printed would be in it.
void occupy_closed_streams() {
  for (int fd : {0, 1, 2})
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd) std::abort();
}

/// A reader that has seen enough (`| head`) ends the output without a word from us.
int finish(int code, int failed = 0) {
  errno = failed;
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return code;
  if (errno != EPIPE) complain(fmt::format("i/o error: cannot write the output: {}", std::strerror(errno)));
  return code ? code : static_cast<int>(Kind::io);
}

} // namespace

} // namespace lab

int main(int argc, char **argv) {
  lab::occupy_closed_streams();
  std::signal(SIGINT, lab::interrupted);
  std::signal(SIGTERM, lab::interrupted);
  std::signal(SIGPIPE, SIG_IGN); // a server that dies is an error to report, not an end
  try {
    return lab::finish(lab::run(argc, argv));
  } catch (const std::system_error &error) {
    return lab::finish(static_cast<int>(lab::Kind::io), error.code().value());
  }
}
