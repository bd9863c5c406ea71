// SPDX-License-Identifier: GPL-2.0-or-later
//
// A plan is read twice: as what changes in field names, to see that it is the fault one meant; and as
// bytes, to see exactly what will be written.
#include "show/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace lab {

using Json = nlohmann::ordered_json;

namespace {

/// A line of the plan shows at most this many bytes of a patch.
constexpr u64 bytes_in_a_line = 16;

std::string glimpse(const Space &space, u64 length) {
  Bytes head = bytes_at(space, 0, std::min(length, bytes_in_a_line));
  return hex(head) + (length > bytes_in_a_line ? "..." : "");
}

Json bytes_json(const Space &space, u64 length) {
  if (length <= small_patch) return hex(bytes_at(space, 0, length));
  if (space.stretch(0, length).zero && space.stretch(0, length).length == length) return {{"fill", "00"}};
  return {{"length", length}, {"head", hex(bytes_at(space, 0, bytes_in_a_line))}};
}

Json extents_json(const std::vector<Extent> &extents) {
  Json result = Json::array();
  for (const Extent &extent : extents) result.push_back({{"at", extent.at}, {"length", extent.length}});
  return result;
}

Json edits_json(const std::vector<EditRequest> &requests) {
  Json result = Json::array();
  for (const EditRequest &request : requests) {
    Json row = {{"verb", request.verb.text}, {"path", request.path.text}, {"line", request.path.line}};
    for (const auto &[name, mark] : request.arguments) row[name] = mark.text;
    if (request.was) row["to"] = {{"was", *request.was}};
    if (!request.past.empty()) row["to"] = {{"past", request.past.text}, {"by", request.past_by}};
    if (!request.at.empty()) row["to"] = {{"at", request.at.text}};
    row["seal"] = request.seal == SealPolicy::recompute ? "recompute" : request.seal == SealPolicy::stale ? "stale" : "broken";
    row["copies"] = request.copies == Copies::named ? "named" : request.copies == Copies::backup ? "backup" : "all";
    result.push_back(std::move(row));
  }
  return result;
}

} // namespace

Json to_json(const Plan &plan) {
  Json changes = Json::array(), patches = Json::array();
  for (const Change &change : plan.changes)
    changes.push_back({{"path", change.path},
                       {"verb", change.verb},
                       {"before", change.before},
                       {"after", change.after},
                       {"extents", extents_json(change.extents)}});
  for (const Patch &patch : plan.patches)
    patches.push_back({{"at", patch.at},
                       {"length", patch.length},
                       {"before", bytes_json(*patch.before, patch.length)},
                       {"after", bytes_json(*patch.after, patch.length)},
                       {"why", patch.why}});
  return {{"plan", plan.name}, {"seed", plan.seed}, {"size", plan.size}, {"changes", changes}, {"patches", patches}};
}

Json to_json(const Observation &observation) {
  Json conflicts = Json::array();
  for (const Conflict &conflict : observation.conflicts)
    conflicts.push_back({{"at", conflict.at},
                         {"before", hex(conflict.before)},
                         {"after", hex(conflict.after)},
                         {"found", hex(conflict.found)},
                         {"why", conflict.why}});
  return {{"state", word(observation.state)},
          {"applied_bytes", observation.applied_bytes},
          {"total_bytes", observation.total_bytes},
          {"conflict_count", observation.conflict_count},
          {"conflicts", conflicts}};
}

Json to_json(const Scenario &scenario) {
  Json parameters = Json::array(), needs = Json::array(), prepare = Json::array();
  for (const Parameter &one : scenario.parameters) {
    Json row = {{"name", one.name}, {"help", one.help}, {"value", one.value}};
    if (!one.minimum.empty()) row["min"] = one.minimum;
    if (!one.maximum.empty()) row["max"] = one.maximum;
    if (!one.choices.empty()) row["choices"] = one.choices;
    parameters.push_back(std::move(row));
  }
  Json variants = Json::array();
  for (const Variant &one : scenario.variants) variants.push_back({{"name", one.name}, {"values", one.values}});
  Json sweep = scenario.sweep ? Json{{"fields", scenario.sweep->fields.text}, {"verbs", scenario.sweep->verbs}} : Json();
  for (const Need &need : scenario.needs) {
    Json row = {{"path", need.path.text}, {"why", need.why}};
    if (!need.value.empty()) row["is"] = need.value.text;
    needs.push_back(std::move(row));
  }
  for (const PutFile &file : scenario.prepare)
    prepare.push_back({{"put", file.path.text}, {"volume", file.volume}, {"head", file.head}, {"size", file.size}});
  Json lines = Json::object();
  for (const auto &[tool, line] : scenario.expect_lines) lines[tool] = line;
  return {{"name", scenario.name},     {"file", scenario.file},       {"title", scenario.title},
          {"why", scenario.why},       {"target", scenario.target},   {"image", scenario.image},
          {"sources", scenario.sources}, {"tags", scenario.tags},     {"parameters", parameters},
          {"variants", variants},      {"variant", scenario.variant}, {"sweep", sweep},
          {"needs", needs},            {"prepare", prepare},          {"edits", edits_json(scenario.edits)},
          {"then", edits_json(scenario.then)}, {"expect", scenario.expect}, {"expect_lines", lines}};
}

std::string changes_text(const Plan &plan, const Style &style) {
  std::string out;
  for (const Change &change : plan.changes) {
    std::string place = change.extents.empty() ? "" : "at " + hex_offset(change.extents[0].at);
    if (change.verb == "so") { // a field that lay in the range above
      out += fmt::format("    {}  {} -> {}\n", change.path, change.before, style.red(change.after));
      continue;
    }
    out += fmt::format("  {:<7} {}  {} -> {}  {}\n", change.verb, style.bold(change.path), change.before,
                       style.red(change.after), style.dim(place));
  }
  return out;
}

std::string patches_text(const Plan &plan, const Style &style) {
  std::string out;
  for (const Patch &patch : plan.patches)
    out += fmt::format("  {:>12} {:>10}  {} -> {}  {}\n", hex_offset(patch.at), patch.length,
                       glimpse(*patch.before, patch.length), style.red(glimpse(*patch.after, patch.length)),
                       style.dim(patch.why));
  return out;
}

/// A conflict is a whole sector; what somebody reads is the first byte that is neither old nor new, and some after it.
static std::string conflict_text(const Conflict &conflict) {
  static constexpr size_t shown = 16;
  size_t first = 0;
  while (first + 1 < conflict.found.size() &&
         (conflict.found[first] == conflict.before[first] || conflict.found[first] == conflict.after[first]))
    first++;
  auto bytes = [first](const Bytes &all) { return hex(std::span(all).subspan(first, std::min(shown, all.size() - first))); };
  return fmt::format("  at {}: expected {} or {}, found {} ({})\n", hex_offset(conflict.at + first), bytes(conflict.before),
                     bytes(conflict.after), bytes(conflict.found), conflict.why);
}

std::string conflicts_text(const Observation &observation) {
  std::string out;
  for (const Conflict &conflict : observation.conflicts) out += conflict_text(conflict);
  if (observation.conflict_count > observation.conflicts.size())
    out += fmt::format("  ... and {} more\n", observation.conflict_count - observation.conflicts.size());
  return out;
}

std::string scenario_text(const Scenario &scenario, const Style &style) {
  std::string out = fmt::format("{}\n{}\n", style.bold(scenario.name), scenario.title);
  if (!scenario.why.empty()) out += "\n" + scenario.why.substr(0, scenario.why.find_last_not_of('\n') + 1) + "\n";
  out += fmt::format("\ntarget  {}\nfile    {}\n", scenario.target, scenario.file);
  for (const std::string &source : scenario.sources) out += "source  " + source + "\n";
  if (!scenario.parameters.empty()) out += "\nparameters (-D name=value)\n";
  for (const Parameter &one : scenario.parameters) {
    std::string range = one.choices.empty()
                            ? (one.minimum.empty() && one.maximum.empty() ? "" : fmt::format(" [{} .. {}]", one.minimum, one.maximum))
                            : fmt::format(" [{}]", fmt::join(one.choices, " | "));
    out += fmt::format("  {} = {}{}  {}\n", one.name, one.value, range, style.dim(one.help));
  }
  if (!scenario.variants.empty()) out += "\nvariants (--variant NAME)\n";
  for (const Variant &one : scenario.variants) {
    std::string values;
    for (const auto &[name, value] : one.values) values += fmt::format("  {}={}", name, value);
    out += fmt::format("  {}{}\n", one.name, style.dim(values));
  }
  if (!scenario.needs.empty()) out += "\nneeds\n";
  for (const Need &need : scenario.needs)
    out += fmt::format("  {}{}  {}\n", need.path.text, need.value.empty() ? "" : " = " + need.value.text, style.dim(need.why));
  for (const PutFile &file : scenario.prepare)
    out += fmt::format("  --prepare puts {} ({}, \"{}...\")\n", file.path.text, human_size(file.size), file.head);
  out += scenario.sweep ? fmt::format("\nsweep {}  {}\n", scenario.sweep->fields.text,
                                     scenario.sweep->verbs.empty() ? "in every way" : fmt::format("{}", fmt::join(scenario.sweep->verbs, ", ")))
                        : "\nedits\n";
  for (const auto *edits : {&scenario.edits, &scenario.then})
    for (const EditRequest &request : *edits) {
      out += fmt::format("  {}{} {}", edits == &scenario.then ? "then " : "", request.verb.text, request.path.text);
      for (const auto &[name, mark] : request.arguments) out += fmt::format("  {} {}", name, mark.text);
      if (request.was) out += fmt::format("  to what it was {:+}", *request.was);
      if (!request.past.empty()) out += fmt::format("  to {} past the last {}", request.past_by, request.past.text);
      if (!request.at.empty()) out += "  to the number that points to " + request.at.text;
      if (request.copies != Copies::named) out += request.copies == Copies::all ? "  in all copies" : "  in the backup";
      if (request.seal != SealPolicy::recompute) out += request.seal == SealPolicy::stale ? "  sums stale" : "  sums broken";
      out += "\n";
    }
  if (!scenario.expect.empty()) out += "\nexpect\n";
  for (const auto &[tool, what] : scenario.expect.items())
    out += fmt::format("  {:<18} {}\n", tool, what.is_string() ? what.get<std::string>() : what.dump());
  return out;
}

} // namespace lab
