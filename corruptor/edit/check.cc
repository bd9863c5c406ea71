// SPDX-License-Identifier: GPL-2.0-or-later
//
// One loop over the table of keys judges a whole file. Messages say what was expected and what was
// found, and name the nearest key when a name is misspelled.
#include "edit/keys.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "schema/path.h"

namespace lab {

namespace {

std::vector<std::string> names_of(const std::vector<KeyRow> &rows) {
  std::vector<std::string> names;
  for (const KeyRow &row : rows) names.push_back(row.name);
  return names;
}

/// "an edit", "a need"
std::string article(const std::string &noun) {
  bool vowel = std::string_view("aeiou").find(noun[0]) != std::string_view::npos;
  return (vowel ? "an " : "a ") + noun;
}

std::string describe(const Shape &shape) {
  switch (shape.is) {
  case Shape::value:
  case Shape::text: return "a text";
  case Shape::integer: return "a number like -2, 4096, 0x1000 or 4KiB";
  case Shape::size: return "a number like 4096, 0x1000 or 4KiB";
  case Shape::hex: return "hexadecimal digits like 55aa";
  case Shape::place: return "a path";
  case Shape::word: return fmt::format("one of {}", fmt::join(shape.words, ", "));
  case Shape::list: return "a list";
  case Shape::named: return "a mapping from names";
  case Shape::mapping: {
    std::vector<std::string> first;
    for (const std::vector<KeyRow> &rows : shape.variants) first.push_back(rows[0].name);
    return fmt::format("a mapping with {}", fmt::join(first, " or "));
  }
  }
  return "";
}

[[noreturn]] void unexpected(const Yaml &node, const Shape &shape, const std::string &name) {
  std::string expected = describe(shape);
  if (!shape.or_else.empty()) expected = describe(shape.or_else[0]) + " or " + expected;
  std::string advice;
  if (node.is == Yaml::nothing && shape.is <= Shape::word) advice = "; write a text like null or ~ in quotes";
  if (node.is == Yaml::map && shape.is == Shape::list) advice = "; begin each element with '- '";
  wrong(node, fmt::format("{}: expected {}; found {}{}", name, expected, found(node), advice));
}

[[noreturn]] void unknown_key(const Yaml &key, const std::string &where,
                              const std::vector<std::string> &known) {
  std::string near = nearest(key.scalar, known);
  wrong(key, fmt::format("unknown key {} in {}; {}", found(key), where,
                         near.empty() ? fmt::format("expected one of {}", fmt::join(known, ", "))
                                      : fmt::format("did you mean '{}'?", near)));
}

/// A variant is known by its first key: an edit by its verb.
const std::vector<KeyRow> &variant_of(const Yaml &node, const Shape &shape) {
  if (shape.variants.size() == 1) return shape.variants[0];
  std::vector<std::string> first, all;
  for (const std::vector<KeyRow> &rows : shape.variants) {
    first.push_back(rows[0].name);
    for (const KeyRow &row : rows)
      if (std::find(all.begin(), all.end(), row.name) == all.end()) all.push_back(row.name);
  }
  const std::vector<KeyRow> *chosen = nullptr;
  for (const YamlEntry &entry : node.entries) {
    size_t which =
        static_cast<size_t>(std::find(first.begin(), first.end(), entry.key.scalar) - first.begin());
    if (which == first.size()) continue;
    if (chosen)
      wrong(entry.key, fmt::format("'{}' and '{}' in one {}; expected one of them", (*chosen)[0].name,
                                   first[which], shape.one));
    chosen = &shape.variants[which];
  }
  if (chosen) return *chosen;
  for (const YamlEntry &entry : node.entries)
    if (std::find(all.begin(), all.end(), entry.key.scalar) == all.end())
      unknown_key(entry.key, article(shape.one), first);
  wrong(node, fmt::format("{} needs one of {}", article(shape.one), fmt::join(first, ", ")));
}

void check_text(const Yaml &node, const Shape &shape, const std::string &name) {
  if (node.is != Yaml::text) unexpected(node, shape, name);
  if (shape.is != Shape::value && node.scalar.empty()) unexpected(node, shape, name);
  try {
    if (shape.is == Shape::integer) parse_signed(node.scalar);
    if (shape.is == Shape::size) parse_number(node.scalar);
    if (shape.is == Shape::hex) unhex(node.scalar);
    if (shape.is == Shape::place) parse_path(node.scalar);
  } catch (const Misuse &error) { wrong(node, name + ": " + error.what()); }
  if (shape.is != Shape::word ||
      std::find(shape.words.begin(), shape.words.end(), node.scalar) != shape.words.end())
    return;
  std::string near = nearest(node.scalar, shape.words);
  wrong(node, fmt::format("{}: expected {}; found {}{}", name, describe(shape), found(node),
                          near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
}

void check_named(const Yaml &node, const Shape &shape, const std::string &name) {
  if (shape.or_else.size() && node.is == Yaml::text) return check(node, shape.or_else[0], name);
  if (node.is != Yaml::map) unexpected(node, shape, name);
  if (shape.is == Shape::named) {
    for (const YamlEntry &entry : node.entries) check(entry.value, shape.of[0], entry.key.scalar);
    return;
  }
  const std::vector<KeyRow> &rows = check_keys(node, shape);
  for (const YamlEntry &entry : node.entries)
    for (const KeyRow &row : rows)
      if (row.name == entry.key.scalar) check(entry.value, row.shape, row.name);
}

} // namespace

const std::vector<KeyRow> &check_keys(const Yaml &node, const Shape &shape) {
  const std::vector<KeyRow> &rows = variant_of(node, shape);
  std::string where = article(shape.one);
  if (shape.variants.size() > 1) where += " with '" + rows[0].name + "'";
  std::vector<std::string> known = names_of(rows);
  for (const YamlEntry &entry : node.entries)
    if (std::find(known.begin(), known.end(), entry.key.scalar) == known.end())
      unknown_key(entry.key, where, known);
  for (const KeyRow &row : rows)
    if (const Yaml *other = row.unless.empty() ? nullptr : node.find(row.unless)) {
      if (node.find(row.name)) wrong(*other, fmt::format("'{}' beside '{}' in {}; expected one of them", row.unless, row.name, where));
    } else if (row.required && !node.find(row.name)) {
      wrong(node, fmt::format("{} needs '{}': {}", where, row.name, row.meaning));
    }
  return rows;
}

void check(const Yaml &node, const Shape &shape, const std::string &name) {
  switch (shape.is) {
  case Shape::list:
    if (node.is != Yaml::list || node.items.empty()) unexpected(node, shape, name);
    for (const Yaml &item : node.items) check(item, shape.of[0], name);
    return;
  case Shape::named:
  case Shape::mapping: return check_named(node, shape, name);
  default: return check_text(node, shape, name);
  }
}

bool Signed::operator<(const Signed &other) const {
  if (negative != other.negative) return negative;
  return negative ? magnitude > other.magnitude : magnitude < other.magnitude;
}

Signed parse_signed(std::string_view text) {
  bool minus = text.starts_with('-');
  u64 magnitude = parse_number(minus ? text.substr(1) : text);
  return {minus && magnitude != 0, magnitude};
}

i64 to_i64(const Signed &number) {
  u64 most = (u64{1} << 63) - (number.negative ? 0 : 1);
  if (number.magnitude > most) throw Misuse("the number does not fit in 64 bits with a sign");
  return static_cast<i64>(number.negative ? -number.magnitude : number.magnitude);
}

} // namespace lab
