// SPDX-License-Identifier: GPL-2.0-or-later
//
// A value is judged by its row alone, wherever it comes from; only the place named in the message differs:
// the default's line, or the -D option.
#include "edit/parameters.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "edit/keys.h"

namespace lab {

namespace {

std::string text_of(const Yaml &row, const char *key) {
  const Yaml *value = row.find(key);
  return value ? value->scalar : "";
}

std::vector<std::string> names_of(const std::vector<Parameter> &parameters) {
  std::vector<std::string> names;
  for (const Parameter &parameter : parameters) names.push_back(parameter.name);
  return names;
}

std::string known(const std::vector<Parameter> &parameters, const std::string &name) {
  std::vector<std::string> names = names_of(parameters);
  if (names.empty()) return "the scenario has no parameters";
  std::string near = nearest(name, names);
  return near.empty() ? fmt::format("expected one of {}", fmt::join(names, ", "))
                      : fmt::format("did you mean '{}'?", near);
}

/// What is wrong with `value`, or nothing.
std::string objection(const Parameter &parameter, const std::string &value) {
  const std::vector<std::string> &choices = parameter.choices;
  if (choices.size() && !std::count(choices.begin(), choices.end(), value))
    return fmt::format("expected one of {}; found \"{}\"", fmt::join(choices, ", "), value);
  if (parameter.minimum.empty() && parameter.maximum.empty()) return "";
  try {
    Signed number = parse_signed(value);
    if (parameter.minimum.size() && number < parse_signed(parameter.minimum))
      return fmt::format("expected at least {}; found {}", parameter.minimum, value);
    if (parameter.maximum.size() && parse_signed(parameter.maximum) < number)
      return fmt::format("expected at most {}; found {}", parameter.maximum, value);
  } catch (const Misuse &error) { return error.what(); }
  return "";
}

Parameter read_parameter(const YamlEntry &entry, const Definitions &definitions) {
  const std::string &name = entry.key.scalar;
  constexpr const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (name.empty() || name.find_first_not_of(letters) != std::string::npos)
    wrong(entry.key,
          fmt::format("parameter name {}: expected letters, digits, '_' and '-'", found(entry.key)));
  const Yaml &row = entry.value;
  Parameter parameter = {
      name, text_of(row, "help"), text_of(row, "default"), text_of(row, "min"), text_of(row, "max"), {}};
  if (const Yaml *choices = row.find("choices"))
    for (const Yaml &choice : choices->items) parameter.choices.push_back(choice.scalar);
  std::string bad = objection(parameter, parameter.value);
  if (!bad.empty()) wrong(*row.find("default"), bad);
  Definitions::const_iterator given = definitions.find(name);
  if (given == definitions.end()) return parameter;
  bad = objection(parameter, given->second);
  if (!bad.empty()) throw Misuse(fmt::format("-D {}={}: {}", name, given->second, bad));
  parameter.value = given->second;
  return parameter;
}

} // namespace

std::vector<Parameter> read_parameters(const Yaml *rows, const Definitions &definitions,
                                       const std::string &file) {
  std::vector<Parameter> parameters;
  if (rows)
    for (const YamlEntry &entry : rows->entries) parameters.push_back(read_parameter(entry, definitions));
  std::vector<std::string> names = names_of(parameters);
  for (const auto &[name, value] : definitions)
    if (!std::count(names.begin(), names.end(), name))
      throw Misuse(
          fmt::format("-D {}={}: unknown parameter of {}; {}", name, value, file, known(parameters, name)));
  return parameters;
}

void put_in(Yaml &node, const std::vector<Parameter> &parameters, std::set<std::string> &used) {
  for (Yaml &item : node.items) put_in(item, parameters, used);
  for (YamlEntry &entry : node.entries) put_in(entry.value, parameters, used);
  std::string result;
  size_t copied = 0;
  for (size_t at; (at = node.scalar.find("${", copied)) != std::string::npos;) {
    size_t end = node.scalar.find('}', at);
    if (end == std::string::npos) wrong(node, "'${' without '}'; expected ${name}");
    std::string name = node.scalar.substr(at + 2, end - at - 2);
    auto parameter = std::find_if(parameters.begin(), parameters.end(),
                                  [&](const Parameter &p) { return p.name == name; });
    if (parameter == parameters.end())
      wrong(node, fmt::format("undefined parameter '{}'; {}", name, known(parameters, name)));
    used.insert(name);
    result += node.scalar.substr(copied, at - copied) + parameter->value;
    copied = end + 1;
  }
  node.scalar = result + node.scalar.substr(copied);
}

} // namespace lab
