// SPDX-License-Identifier: GPL-2.0-or-later
//
// What was asked for on the command line, and the commands that answer. main.cc fills one Options from
// its table of commands; a command gets it and returns the exit code.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "lab.h"

namespace lab {

struct Options {
  std::string scenario, image, other, path, pattern, document;
  std::vector<std::string> assignments, definitions;
  std::string variant, volume, format, overlay, journal;
  u64 seed = 1;
  bool dry_run = false, json = false, force = false, prepare = false, all = false, where = false, as_scenario = false;
  bool block_device = false;
};

int apply_command(const Options &options);
int plan_command(const Options &options);
int set_command(const Options &options);
int undo_command(const Options &options);
int status_command(const Options &options);
int inspect_command(const Options &options);
int walk_command(const Options &options);
int files_command(const Options &options);
int get_command(const Options &options);
int diff_command(const Options &options);
int list_command(const Options &options);
int variants_command(const Options &options);
int show_command(const Options &options);
int fields_command(const Options &options);
int docs_command(const Options &options); ///< the schema, the fields; main.cc prints what needs the table itself

/// The commands, their options and examples; `run` is set to the chosen one.
void describe_commands(CLI::App &app, Options &options, int (*&run)(const Options &));

/// corruptor(1) in mdoc, and a bash completion, from the same table as --help.
std::string man_page(const CLI::App &app);
std::string bash_completion(const CLI::App &app);

/// The "NAME=VALUE" texts of -D.
Definitions definitions_of(const Options &options);
Style style_for_output();
void print_json(const nlohmann::ordered_json &json);

} // namespace lab
