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

void check_name(const Yaml &key, const char *what) {
  constexpr const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (key.scalar.empty() || key.scalar.find_first_not_of(letters) != std::string::npos)
    wrong(key, fmt::format("{} name {}: expected letters, digits, '_' and '-'", what, found(key)));
}

Parameter *parameter_named(std::vector<Parameter> &parameters, const std::string &name) {
  for (Parameter &one : parameters)
    if (one.name == name) return &one;
  return nullptr;
}

Parameter read_parameter(const YamlEntry &entry) {
  check_name(entry.key, "parameter");
  const Yaml &row = entry.value;
  Parameter parameter = {
      entry.key.scalar, text_of(row, "help"), text_of(row, "default"), text_of(row, "min"), text_of(row, "max"), {}};
  if (const Yaml *choices = row.find("choices"))
    for (const Yaml &choice : choices->items) parameter.choices.push_back(choice.scalar);
  std::string bad = objection(parameter, parameter.value);
  if (!bad.empty()) wrong(*row.find("default"), bad);
  return parameter;
}

Variant read_variant(const YamlEntry &entry, std::vector<Parameter> parameters) {
  check_name(entry.key, "variant");
  Variant variant = {entry.key.scalar, {}};
  for (const YamlEntry &value : entry.value.entries) {
    const std::string &name = value.key.scalar;
    const Parameter *parameter = parameter_named(parameters, name);
    if (!parameter) wrong(value.key, fmt::format("unknown parameter {}; {}", found(value.key), known(parameters, name)));
    std::string bad = objection(*parameter, value.value.scalar);
    if (!bad.empty()) wrong(value.value, bad);
    variant.values[name] = value.value.scalar;
  }
  return variant;
}

const Variant &variant_named(const std::vector<Variant> &variants, const std::string &name, const std::string &file) {
  std::vector<std::string> names;
  for (const Variant &one : variants) {
    if (one.name == name) return one;
    names.push_back(one.name);
  }
  throw Misuse(fmt::format("--variant {}: {}", name,
                           names.empty() ? file + " has no variants"
                                         : fmt::format("unknown variant of {}; expected one of {}", file, fmt::join(names, ", "))));
}

} // namespace

std::vector<Parameter> read_parameters(const Yaml *rows) {
  std::vector<Parameter> parameters;
  if (rows)
    for (const YamlEntry &entry : rows->entries) parameters.push_back(read_parameter(entry));
  return parameters;
}

std::vector<Variant> read_variants(const Yaml *rows, const std::vector<Parameter> &parameters) {
  std::vector<Variant> variants;
  if (rows)
    for (const YamlEntry &entry : rows->entries) variants.push_back(read_variant(entry, parameters));
  return variants;
}

void choose(std::vector<Parameter> &parameters, const std::vector<Variant> &variants, const Choice &choice,
            const std::string &file) {
  if (!choice.variant.empty())
    for (const auto &[name, value] : variant_named(variants, choice.variant, file).values)
      parameter_named(parameters, name)->value = value;
  for (const auto &[name, value] : choice.definitions) {
    Parameter *parameter = parameter_named(parameters, name);
    if (!parameter)
      throw Misuse(
          fmt::format("-D {}={}: unknown parameter of {}; {}", name, value, file, known(parameters, name)));
    std::string bad = objection(*parameter, value);
    if (!bad.empty()) throw Misuse(fmt::format("-D {}={}: {}", name, value, bad));
    parameter->value = value;
  }
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
