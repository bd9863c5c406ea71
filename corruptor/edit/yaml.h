// SPDX-License-Identifier: GPL-2.0-or-later
//
// YAML as a tree of texts with places. A scalar is what stands in the file, never a guess: `off` stays
// "off", `010` stays "010", 12:30:45 is no number of seconds. Whoever needs a number says so and gets
// an error with line and column if there is none. What makes YAML dangerous or ambiguous is refused:
// duplicate keys, anchors and aliases, tags, several documents.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lab {

struct YamlEntry;

struct Yaml {
  enum Is { nothing, text, list, map } is = nothing;
  std::string scalar;
  bool quoted = false; ///< in quotes or a block: meant as text even if it looks like a number
  std::vector<Yaml> items;
  std::vector<YamlEntry> entries; ///< in the file's order
  std::shared_ptr<const std::string> file;
  int line = 1;   ///< from 1
  int column = 1; ///< from 1, in characters

  /// The value of `key` in a map, or null.
  const Yaml *find(std::string_view key) const;
};

struct YamlEntry {
  Yaml key;
  Yaml value;
};

/// Misuse "file:line:column: what" for anything that is not one plain document.
Yaml parse_yaml(const std::string &text, const std::string &file);

/// Throws Misuse "file:line:column: what".
[[noreturn]] void wrong(const Yaml &at, const std::string &what);

/// What was found, for messages: "a list", "a mapping", "nothing", "\"of\"".
std::string found(const Yaml &node);

/// No scenario comes near these; larger input is a mistake or an attack.
constexpr size_t yaml_size_limit = 1 << 20;
constexpr size_t yaml_depth_limit = 16;

} // namespace lab
