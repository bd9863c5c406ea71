// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands that need no image: the catalogue, one scenario, the fields, the documents.
#include <fmt/format.h>

#include "cli/cli.h"

namespace lab {

int list_command(const Options &options) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  std::string root = catalogue_root();
  size_t width = 0;
  for (const std::string &name : catalogue(root)) {
    Scenario scenario = load_scenario(root + "/" + name + ".yaml", {});
    std::string searched = name + " " + scenario.title + " " + scenario.target;
    for (const std::string &tag : scenario.tags) searched += " " + tag;
    if (searched.find(options.pattern) == std::string::npos) continue;
    rows.push_back({{"name", name}, {"title", scenario.title}, {"target", scenario.target}, {"why", scenario.why}, {"tags", scenario.tags}});
    width = std::max(width, name.size());
  }
  if (rows.empty()) throw Misuse("no scenario's name, title, target or tag contains '" + options.pattern + "'");
  if (options.json) {
    print_json(rows);
    return 0;
  }
  Style style = style_for_output();
  for (const auto &row : rows)
    fmt::print("{}{}  {}\n", style.bold(row["name"].get<std::string>()), std::string(width - row["name"].get<std::string>().size(), ' '),
               row["title"].get<std::string>());
  return 0;
}

int show_command(const Options &options) {
  Scenario scenario = load_scenario(find_scenario(options.scenario), {definitions_of(options), options.variant});
  if (options.json) print_json(to_json(scenario));
  else fmt::print("{}", scenario_text(scenario, style_for_output()));
  return 0;
}

int variants_command(const Options &options) {
  Image image({options.image, options.format, options.volume});
  Scenario scenario = load_scenario(find_scenario(options.scenario), {definitions_of(options), ""});
  std::vector<std::string> names = variants(image, scenario);
  if (options.json) print_json(names);
  for (const std::string &name : options.json ? std::vector<std::string>() : names) fmt::print("{}\n", name);
  return 0;
}

int fields_command(const Options &options) {
  nlohmann::ordered_json rows = fields(options.pattern);
  if (rows.empty()) throw Misuse("no field's path contains or fits '" + options.pattern + "'");
  if (options.json) {
    print_json(rows);
    return 0;
  }
  Style style = style_for_output();
  for (const auto &row : rows) {
    std::string more = row.contains("specification") ? row["specification"].get<std::string>() : "";
    std::string unit = row.contains("unit") ? ", in " + row["unit"].get<std::string>() + "s" : "";
    fmt::print("{:<52} {:<10} {}{}\n", row["path"].get<std::string>(), row["kind"].get<std::string>(),
               row["meaning"].get<std::string>(), style.dim(unit + (more.empty() ? "" : "  [" + more + "]")));
  }
  return 0;
}

int docs_command(const Options &options) {
  if (options.document == "fields") fmt::print("{}", field_reference());
  else print_json(scenario_schema());
  return 0;
}

} // namespace lab
