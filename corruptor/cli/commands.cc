// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands. Each asks lab.h for one thing and prints it, as text or as JSON.
#include "cli/cli.h"

#include <future>

#include <fmt/format.h>
#include <unistd.h>

#include "device/open.h"

namespace lab {

namespace {

ImageRequest request_for(const Options &options, bool writable) {
  return {options.image, options.format, options.volume, writable, options.block_device};
}

/// A line on standard error that is written over, only where somebody looks at it.
Progress progress_line(const char *doing) {
  if (!isatty(2)) return {};
  return [doing](u64 done, u64 total) {
    fmt::print(stderr, "\r{} {} of {}", doing, human_size(done), human_size(total));
    if (done >= total) fmt::print(stderr, "\r\033[K");
    std::fflush(stderr);
  };
}

void print_plan(const Plan &plan, const Options &options) {
  if (options.json) return print_json(to_json(plan));
  Style style = style_for_output();
  fmt::print("{}\n{}{}", style.bold(plan.name), changes_text(plan, style), patches_text(plan, style));
  fmt::print("{} bytes in {} place{}; nothing was written\n", plan.bytes(), plan.patches.size(),
             plan.patches.size() == 1 ? "" : "s");
}

/// A word as a shell reads it.
std::string shell_word(const std::string &text) {
  if (text.find_first_of(" \t\n!\"#$&'()*;<>?[\\]^`{|}~") == std::string::npos) return text;
  std::string quoted = "'";
  for (char letter : text) quoted += letter == '\'' ? "'\\''" : std::string(1, letter);
  return quoted + "'";
}

/// The command that takes it back, with all that it must be told.
std::string undo_line(const Options &options) {
  std::string line = "corruptor undo";
  if (!options.journal.empty()) line += " --journal " + shell_word(options.journal);
  if (!options.format.empty()) line += " --format " + options.format;
  if (options.block_device) line += " --block-device";
  return line + (options.image.starts_with("-") ? " -- " : " ") + shell_word(options.image);
}

/// The scenario may still be being read: that takes no longer than the image's server takes to start.
int carry_out(const std::shared_future<Scenario> &reading, Options options) {
  // A foreign tool looks at the image through an overlay of its own, which QEMU's write lock would keep out.
  Prepared made_ready;
  if (options.prepare) made_ready = prepare(Image(request_for(options, false)), reading.get());
  const Prepared *prepared = options.prepare ? &made_ready : nullptr;
  if (options.dry_run) {
    Image image(request_for(options, false));
    print_plan(plan(image, reading.get(), options.seed, prepared), options);
    return 0;
  }
  if (!options.overlay.empty()) {
    // What cannot be carried out should leave no overlay behind, so it is planned once before there is one.
    plan(Image(request_for(options, false)), reading.get(), options.seed, prepared);
    create_overlay(options.image, options.format, options.overlay);
    options.image = options.overlay;
    options.format = "qcow2";
  }
  Image image(request_for(options, true));
  const Scenario &scenario = reading.get();
  std::string path = journal_path(options.image, options.journal);
  Journal journal(path);
  const Plan *rest = unfinished(*image.device, journal);
  if (rest && (rest->name != scenario.name || rest->seed != options.seed)) rest = nullptr;
  Plan made = rest ? *rest : plan(image, scenario, options.seed, prepared);
  apply(*image.device, made, journal, {options.force, progress_line("writing")});
  if (options.json) {
    nlohmann::ordered_json result = to_json(made);
    result["journal"] = path;
    result["image"] = options.image;
    print_json(result);
    return 0;
  }
  Style style = style_for_output();
  fmt::print("{}{}\n{}", style.bold(made.name), scenario.title.empty() ? "" : ": " + scenario.title, changes_text(made, style));
  fmt::print("{} {} bytes in {} place{}; `{}` takes it back\n", rest ? "finished:" : "wrote", made.bytes(), made.patches.size(),
             made.patches.size() == 1 ? "" : "s", undo_line(options));
  return 0;
}

} // namespace

Style style_for_output() {
  const char *terminal = getenv("TERM");
  const char *no_colour = getenv("NO_COLOR");
  bool dumb = terminal && std::string_view(terminal) == "dumb";
  return {isatty(1) == 1 && !dumb && (!no_colour || !*no_colour)};
}

void print_json(const nlohmann::ordered_json &json) {
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

Definitions definitions_of(const Options &options) {
  Definitions result;
  for (const std::string &text : options.definitions) {
    size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) throw Misuse("-D " + text + ": expected NAME=VALUE");
    if (!result.emplace(text.substr(0, equals), text.substr(equals + 1)).second)
      throw Misuse("-D " + text.substr(0, equals) + " is given twice");
  }
  return result;
}

int apply_command(const Options &options) {
  Choice choice = {definitions_of(options), options.variant};
  auto read = [&] { return load_scenario(find_scenario(options.scenario), choice); };
  return carry_out(std::async(std::launch::async, read).share(), options);
}

int set_command(const Options &options) {
  return carry_out(std::async(std::launch::deferred, assignments, options.assignments).share(), options);
}

int plan_command(const Options &options) {
  Options dry = options;
  dry.dry_run = true;
  return apply_command(dry);
}

int undo_command(const Options &options) {
  Journal journal(journal_path(options.image, options.journal));
  if (journal.empty())
    throw Misuse(fmt::format("nothing to undo: there is no journal at {}", journal.path));
  Image image(request_for(options, true));
  nlohmann::ordered_json undone = nlohmann::ordered_json::array();
  do {
    std::string name = journal.entries().back().name;
    u64 bytes = journal.entries().back().bytes();
    Observation before = undo(*image.device, journal, {options.force, progress_line("restoring")});
    undone.push_back({{"plan", name}, {"was", word(before.state)}, {"bytes", bytes}});
    if (!options.json) fmt::print("took back {}, which was {}: {} bytes\n", name, word(before.state), bytes);
  } while (options.all && !journal.empty());
  if (options.json) print_json({{"undone", undone}, {"left", journal.entries().size()}});
  else if (!journal.empty()) fmt::print("{} more in the journal\n", journal.entries().size());
  return 0;
}

int status_command(const Options &options) {
  Journal journal(journal_path(options.image, options.journal));
  Image image(request_for(options, false));
  std::vector<JournalStatus> found = status(image, journal);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const JournalStatus &one : found) {
    nlohmann::ordered_json row = {{"plan", one.plan}};
    row.update(to_json(one.observation));
    rows.push_back(std::move(row));
    if (!options.json)
      fmt::print("{}: {} ({} of {} bytes)\n{}", one.plan, word(one.observation.state), one.observation.applied_bytes,
                 one.observation.total_bytes, conflicts_text(one.observation));
  }
  if (options.json) print_json({{"image", options.image}, {"journal", journal.path}, {"plans", rows}});
  else if (found.empty()) fmt::print("nothing was applied: there is no journal at {}\n", journal.path);
  if (found.empty()) return 1;
  switch (found[0].observation.state) {
  case State::applied: return 0;
  case State::not_applied: return 1;
  case State::partly: return static_cast<int>(Kind::partly);
  case State::changed: return static_cast<int>(Kind::refused);
  }
  return 0;
}

int inspect_command(const Options &options) {
  Image image(request_for(options, false)); // values are read when they are printed
  Inspected found = inspect(image, options.path);
  if (options.json) print_json(to_json(found));
  else fmt::print("{}", to_text(found, style_for_output()));
  return 0;
}

int walk_command(const Options &options) {
  Image image(request_for(options, false));
  if (options.json) {
    nlohmann::ordered_json report = walk_json(image);
    print_json(report);
    return report["finding_count"] == 0 ? 0 : static_cast<int>(Kind::damage);
  }
  Style style = style_for_output();
  Walked walked = walk(image, [&](const Finding &finding) { fmt::print("{}", to_text(finding, style)); });
  for (const Walked::Volume &volume : walked.volumes) {
    fmt::print("{} at {}\n", style.bold(volume.path), hex_offset(volume.at));
    for (const Census::Count &count : volume.counts) fmt::print("  {:>12}  {}\n", count.number, count.what);
  }
  if (walked.volumes.empty()) fmt::print("no volume is recognised; --volume says where one is\n");
  fmt::print("{} finding{}; {} read\n", walked.findings, walked.findings == 1 ? "" : "s", human_size(walked.bytes_read));
  return walked.findings ? static_cast<int>(Kind::damage) : 0;
}

/// A line as sha256sum prints and checks it; behind `volume`, if there may be several.
static std::string sum_line(const Contents &file, const std::string &volume) {
  std::string path = volume + (volume.empty() ? file.path.substr(file.path.starts_with("/")) : file.path), escaped;
  for (char letter : path) escaped += letter == '\\' ? "\\\\" : letter == '\n' ? "\\n" : letter == '\r' ? "\\r" : std::string(1, letter);
  return (escaped == path ? "" : "\\") + file.sha256 + "  " + escaped + "\n";
}

int files_command(const Options &options) {
  Snapshot disk(request_for(options, false));
  if (options.json) {
    nlohmann::ordered_json report = disk.files_json({});
    print_json(report);
    bool whole = report["findings"].empty();
    for (const nlohmann::ordered_json &volume : report["volumes"])
      for (const nlohmann::ordered_json &file : volume["files"]) whole = whole && !file.contains("trouble");
    return whole ? 0 : static_cast<int>(Kind::damage);
  }
  std::string volume; // "part[1]", where a disk has partitions
  bool any = false, whole = true;
  auto report = [&](const std::string &path, const std::string &what) {
    whole = false;
    fmt::print(stderr, "{}: {}\n", path, what);
  };
  disk.each_file({}, {[&](const Node &found) {
                    any = true;
                    std::string path = path_of(found);
                    size_t dot = path.rfind('.');
                    volume = dot == std::string::npos ? "" : path.substr(0, dot);
                  },
                  [&](const Contents &file) {
                    if (!file.sha256.empty()) fmt::print("{}", sum_line(file, volume));
                    if (!file.trouble.empty()) report(volume + file.path, file.trouble);
                  },
                  [&](const Finding &finding) { report(finding.path, finding.what); }});
  if (!any) fmt::print(stderr, "no volume is recognised; --volume says where one is\n");
  return whole ? 0 : static_cast<int>(Kind::damage);
}

int diff_command(const Options &options) {
  Image before(request_for(options, false));
  ImageRequest request = request_for(options, false);
  request.image = options.other;
  request.format.clear();
  Image after(request);
  if (options.as_scenario) {
    fmt::print("{}", diff_as_scenario(before, after));
    return 0;
  }
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  Style style = style_for_output();
  u64 count = 0;
  diff(before, after, [&](const Difference &difference) {
    count++;
    if (options.json) rows.push_back(to_json(difference));
    else fmt::print("{}", to_text(difference, style));
  });
  if (options.json) print_json({{"before", options.image}, {"after", options.other}, {"differences", rows}});
  return count > 0 ? 1 : 0;
}

int get_command(const Options &options) {
  Answer found = get(Image(request_for(options, false)), options.path);
  if (options.json) {
    print_json(to_json(found));
    return 0;
  }
  if (!found.field) {
    fmt::print("{}", hexdump(found));
  } else {
    std::string name = symbol(*found.field, found.value);
    const Bytes *bytes = std::get_if<Bytes>(&found.value);
    fmt::print("{}{}\n", bytes ? hex(*bytes) : show(*found.field, found.value), name.empty() ? "" : " (" + name + ")");
  }
  if (options.where) fmt::print("{}", where_text(found));
  return 0;
}

} // namespace lab
