// SPDX-License-Identifier: GPL-2.0-or-later
//
// From a checked tree to a Scenario. The order matters once: parameters first, since every text below
// `needs`, `prepare`, `edits` and `then` may refer to them, and is judged with their values in it.
#include "edit/scenario.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sys/stat.h>

#include "edit/catalogue.h"
#include "edit/keys.h"
#include "edit/parameters.h"

namespace lab {

namespace {

Marked marked(const Yaml *node) { return node ? Marked{node->scalar, node->line, node->column} : Marked{}; }

std::string text_of(const Yaml &map, const char *key) {
  const Yaml *value = map.find(key);
  return value ? value->scalar : "";
}

const std::vector<Yaml> &items_of(const Yaml &map, const char *key) {
  static const std::vector<Yaml> none;
  const Yaml *list = map.find(key);
  return list ? list->items : none;
}

std::vector<std::string> texts_of(const Yaml &map, const char *key) {
  std::vector<std::string> texts;
  for (const Yaml &item : items_of(map, key)) texts.push_back(item.scalar);
  return texts;
}

i64 number_of(const Yaml &node) {
  try {
    return to_i64(parse_signed(node.scalar));
  } catch (const Misuse &error) { wrong(node, error.what()); }
}

void read_argument(EditRequest &edit, const char *name, const Yaml &value) {
  if (value.is == Yaml::text) {
    edit.arguments[name] = marked(&value);
  } else if (const Yaml *was = value.find("was")) {
    edit.was = number_of(*was);
  } else if (const Yaml *at = value.find("at")) {
    edit.at = marked(at);
  } else {
    edit.past = marked(value.find("past"));
    if (const Yaml *by = value.find("by")) edit.past_by = number_of(*by);
  }
}

EditRequest read_edit(const Yaml &row) {
  EditRequest edit;
  for (const YamlEntry &entry : row.entries) {
    if (!verb_named(entry.key.scalar)) continue;
    edit.verb = marked(&entry.key);
    edit.path = marked(&entry.value);
  }
  for (const Argument &argument : verb_named(edit.verb.text)->arguments)
    if (const Yaml *value = row.find(argument.name)) read_argument(edit, argument.name, *value);
  std::string seal = text_of(row, "seal"), copies = text_of(row, "copies");
  edit.seal = seal == "stale"    ? SealPolicy::stale
              : seal == "broken" ? SealPolicy::broken
                                 : SealPolicy::recompute;
  edit.copies = copies == "backup" ? Copies::backup : copies == "all" ? Copies::all : Copies::named;
  return edit;
}

Need read_need(const Yaml &row) {
  const Yaml *exists = row.find("exists");
  return {marked(exists ? exists : row.find("value")), marked(row.find("is")), text_of(row, "why")};
}

PutFile read_file(const Yaml &row) {
  PutFile file = {marked(row.find("put")), text_of(row, "volume"), text_of(row, "head"),
                  parse_number(text_of(row, "size"))};
  if (!file.path.text.starts_with('/'))
    wrong(*row.find("put"),
          "put: expected a path in the volume that begins with '/'; found " + found(*row.find("put")));
  if (file.head.size() > file.size)
    wrong(*row.find("head"),
          "head: " + human_size(file.head.size()) + " do not fit in the size of " + human_size(file.size));
  return file;
}

/// Plain data: whole numbers as YAML and JSON both write them are numbers, the rest is text.
nlohmann::json plain(const Yaml &node) {
  if (node.is == Yaml::list) {
    nlohmann::json list = nlohmann::json::array();
    for (const Yaml &item : node.items) list.push_back(plain(item));
    return list;
  }
  if (node.is == Yaml::map) {
    nlohmann::json map = nlohmann::json::object();
    for (const YamlEntry &entry : node.entries) map[entry.key.scalar] = plain(entry.value);
    return map;
  }
  std::string_view digits = node.scalar;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  constexpr size_t most_digits = 18; // always fit in 64 bits
  bool number = !node.quoted && !digits.empty() && digits.size() <= most_digits &&
                (digits[0] != '0' || node.scalar == "0") &&
                digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (number) return std::stoll(node.scalar);
  return node.scalar;
}

/// Reads parameters and variants, and puts the chosen values in below the keys that may refer to them, which come
/// after both in the table.
void settle_parameters(Yaml &root, const Choice &choice, Scenario &scenario) {
  const Yaml *rows = root.find("parameters"), *variants = root.find("variants");
  std::set<std::string> used;
  for (const KeyRow &row : check_keys(root, scenario_shape())) {
    if (row.name == "parameters") {
      if (rows) check(*rows, row.shape, row.name);
      scenario.parameters = read_parameters(rows);
    } else if (row.name == "variants") {
      if (variants) check(*variants, row.shape, row.name);
      scenario.variants = read_variants(variants, scenario.parameters);
      bool found_later = root.find("sweep") != nullptr; // a sweep's variants, on an image
      choose(scenario.parameters, scenario.variants, found_later ? Choice{choice.definitions, ""} : choice, scenario.file);
    }
    for (YamlEntry &entry : root.entries)
      if (row.parameters && entry.key.scalar == row.name) put_in(entry.value, scenario.parameters, used);
  }
  if (rows)
    for (const YamlEntry &entry : rows->entries)
      if (!used.count(entry.key.scalar))
        wrong(entry.key, "parameter " + found(entry.key) + " is not used; expected ${" + entry.key.scalar +
                             "} in needs, prepare, edits or then");
}

std::string contents(const std::string &file) {
  struct stat status;
  if (stat(file.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
    throw Misuse(file + ": is a directory; expected a scenario file");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Misuse(file + ": " + std::strerror(errno) + "; expected a scenario file");
  std::string text;
  for (std::array<char, 4096> part; text.size() <= yaml_size_limit && stream; // no more than parse_yaml refuses
       text.append(part.data(), static_cast<size_t>(stream.gcount())))
    stream.read(part.data(), part.size());
  if (stream.bad()) throw IoError(file + ": " + std::strerror(errno));
  return text;
}

} // namespace

void read_value(EditRequest &edit, const std::string &text) {
  if (!text.starts_with('{')) {
    edit.arguments["to"].text = text;
    return;
  }
  Yaml value = parse_yaml(text, text);
  check(value, new_value_shape(), "to");
  read_argument(edit, "to", value);
}

Scenario parse_scenario(const std::string &yaml, const std::string &file, const Choice &choice) {
  Yaml root = parse_yaml(yaml, file);
  if (root.is != Yaml::map)
    wrong(root, "expected a scenario: a mapping with the keys title, edits ...; found " + found(root));
  Scenario scenario;
  scenario.file = file;
  scenario.variant = choice.variant;
  settle_parameters(root, choice, scenario);
  check(root, scenario_shape(), "scenario");

  scenario.name = scenario_name(file);
  scenario.title = text_of(root, "title");
  scenario.why = text_of(root, "why");
  scenario.target = text_of(root, "target");
  scenario.image = text_of(root, "image");
  scenario.sources = texts_of(root, "sources");
  scenario.tags = texts_of(root, "tags");
  for (const Yaml &row : items_of(root, "needs")) scenario.needs.push_back(read_need(row));
  for (const Yaml &row : items_of(root, "prepare")) scenario.prepare.push_back(read_file(row));
  if (const Yaml *sweep = root.find("sweep")) scenario.sweep = Sweep{marked(sweep->find("fields")), texts_of(*sweep, "verbs")};
  for (const Yaml &row : items_of(root, "edits")) scenario.edits.push_back(read_edit(row));
  for (const Yaml &row : items_of(root, "then")) scenario.then.push_back(read_edit(row));
  if (const Yaml *expect = root.find("expect")) {
    scenario.expect = plain(*expect);
    for (const YamlEntry &entry : expect->entries) scenario.expect_lines[entry.key.scalar] = entry.key.line;
  }
  return scenario;
}

Scenario load_scenario(const std::string &file, const Choice &choice) {
  return parse_scenario(contents(file), file, choice);
}

} // namespace lab
