// SPDX-License-Identifier: GPL-2.0-or-later
//
// The catalogue is a folder of scenario files, found from where this code was loaded: a program in
// <prefix>/bin or a Python module somewhere below <prefix>/lib has <prefix>/share/corruptor/scenarios
// above it, one in a build folder has the source tree's scenarios/. No setting, no working directory.
#include "edit/catalogue.h"

#include <algorithm>
#include <dlfcn.h>
#include <filesystem>
#include <link.h>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "edit/scenario.h"

namespace lab {

namespace fs = std::filesystem;

namespace {

/// The program or the shared object that this function is in.
std::string own_file() {
  Dl_info info;
  link_map *map = nullptr;
  bool known =
      dladdr1(reinterpret_cast<void *>(&own_file), &info, reinterpret_cast<void **>(&map), RTLD_DL_LINKMAP);
  bool shared_object = known && map && *map->l_name; // the program itself has no name there
  std::error_code error;
  return fs::canonical(shared_object ? map->l_name : "/proc/self/exe", error).string();
}

std::string without_suffix(const std::string &name) {
  return name.ends_with(".yaml") ? name.substr(0, name.size() - 5) : name;
}

[[noreturn]] void not_found(const std::string &scenario, const std::vector<std::string> &names) {
  std::string wanted = without_suffix(scenario);
  std::vector<std::string> last;
  for (const std::string &name : names) last.push_back(name.substr(name.rfind('/') + 1));
  std::string near = nearest(wanted, names), near_last = nearest(wanted, last);
  std::vector<std::string> offered;
  for (size_t i = 0; i < names.size(); i++)
    if (names[i] == near || last[i] == near_last) offered.push_back(names[i]);
  std::string advice = offered.empty() ? "'corruptor list' shows all"
                                       : fmt::format("did you mean {}?", fmt::join(offered, " or "));
  throw Misuse(fmt::format("no scenario '{}': neither a file nor in the catalogue; {}", scenario, advice));
}

} // namespace

std::optional<std::string> catalogue_above(const std::string &file) {
  std::error_code error;
  for (fs::path folder = file; folder.has_relative_path();) {
    folder = folder.parent_path();
    for (const char *below : {"share/corruptor/scenarios", "scenarios"})
      if (fs::is_regular_file(folder / below / "schema.json", error)) return (folder / below).string();
  }
  return std::nullopt;
}

/// Looked for once: this code stays where it was loaded from.
static const std::optional<std::string> &own_catalogue() {
  static const std::optional<std::string> root = catalogue_above(own_file());
  return root;
}

std::string catalogue_root() {
  if (own_catalogue()) return *own_catalogue();
  throw Misuse(
      fmt::format("no catalogue of scenarios above {}; expected share/corruptor/scenarios or scenarios, "
                  "with schema.json in it; give the scenario as a file",
                  own_file()));
}

std::string scenario_name(const std::string &file) {
  std::error_code error;
  if (const std::optional<std::string> &root = own_catalogue()) {
    std::string relative = fs::weakly_canonical(file, error).lexically_relative(*root).string();
    if (!error && !relative.empty() && !relative.starts_with("..")) return without_suffix(relative);
  }
  return fs::path(file).stem().string();
}

std::vector<std::string> catalogue(const std::string &root) {
  std::vector<std::string> names;
  try {
    for (const fs::directory_entry &entry : fs::recursive_directory_iterator(root))
      if (entry.is_regular_file() && entry.path().extension() == ".yaml")
        names.push_back(without_suffix(entry.path().lexically_relative(root).string()));
  } catch (const fs::filesystem_error &error) {
    throw Misuse(fmt::format("{}: {}; expected a folder of scenarios", root, error.code().message()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string find_scenario_in(const std::string &root, const std::string &scenario) {
  std::vector<std::string> names = catalogue(root), matches;
  for (const std::string &name : names) {
    if (name == without_suffix(scenario)) return root + "/" + name + ".yaml";
    if (name.ends_with("/" + without_suffix(scenario))) matches.push_back(name);
  }
  if (matches.empty()) not_found(scenario, names);
  if (matches.size() > 1)
    throw Misuse(fmt::format("'{}' is ambiguous; say which: {}", scenario, fmt::join(matches, ", ")));
  return root + "/" + matches[0] + ".yaml";
}

std::string find_scenario(const std::string &scenario) {
  std::error_code error;
  bool is_path = scenario.find('/') != std::string::npos || scenario.ends_with(".yaml");
  if (is_path && fs::exists(scenario, error) && !fs::is_directory(scenario, error)) return scenario;
  return find_scenario_in(catalogue_root(), scenario);
}

} // namespace lab
