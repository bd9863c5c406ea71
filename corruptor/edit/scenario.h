// SPDX-License-Identifier: GPL-2.0-or-later
//
// A scenario is one fault in one YAML file, and this is the only place that reads YAML. Every value
// keeps its line and column, so an error anywhere later can point at it. `expect` is not ours: it
// passes through as plain data to whoever judges.
#pragma once

#include <nlohmann/json.hpp>

#include "edit/verbs.h"

namespace lab {

/// A text with its place in the file. Parameters are already put in.
struct Marked {
  std::string text;
  int line = 0; ///< from 1
  int column = 0;
  bool empty() const { return text.empty(); }
};

enum class SealPolicy { recompute, stale, broken };
enum class Copies { named, backup, all }; ///< the place as written; its mirrors instead; both

/// One row of `edits`: a verb, a place, and the verb's arguments.
struct EditRequest {
  Marked verb;
  Marked path;
  std::map<std::string, Marked> arguments; ///< to, by, with, bit, from, donor, bytes
  std::optional<i64> was;                  ///< to: {was: -2048}
  Marked past;                             ///< to: {past: cluster, by: 1}: the unit
  i64 past_by = 0;
  Marked at;                               ///< to: {at: self}: the number that points there
  SealPolicy seal = SealPolicy::recompute;
  Copies copies = Copies::named;
};

/// One row of `parameters`.
struct Parameter {
  std::string name;
  std::string help;
  std::string value; ///< the default, or what -D gave
  std::string minimum, maximum;
  std::vector<std::string> choices;
};

/// Parameter values by name, as -D gives them.
using Definitions = std::map<std::string, std::string>;

/// One row of `variants`: a kind of the fault, made by these values of the parameters.
struct Variant {
  std::string name;
  Definitions values;
};

/// One row of `needs`: what the image must have before the edits make sense.
struct Need {
  Marked path;
  Marked value;    ///< empty: the path must resolve; else the field must have this value
  std::string why; ///< said to the user when it does not hold
};

/// One row of `prepare`: a file that a foreign tool puts into the volume first.
struct PutFile {
  Marked path;        ///< in the volume: /hiberfil.sys
  std::string volume; ///< the format's name: ntfs
  std::string head;   ///< its first bytes, as text
  u64 size = 0;
};

/// `sweep`: every field that a pattern fits, in place of edits.
struct Sweep {
  Marked fields;
  std::vector<std::string> verbs; ///< empty: all
};

struct Scenario {
  std::string name; ///< path below the catalogue's root without .yaml, or the file's stem
  std::string file;
  std::string title, why, target, image;
  std::vector<std::string> sources, tags;
  std::vector<Parameter> parameters;
  std::vector<Variant> variants;
  std::string variant; ///< the one that was chosen; empty: none
  std::vector<Need> needs;
  std::vector<PutFile> prepare;
  std::optional<Sweep> sweep; ///< then there are no edits, and variants are found on an image
  std::vector<EditRequest> edits;
  std::vector<EditRequest> then; ///< aimed through the damage that `edits` did
  nlohmann::json expect = nlohmann::json::object();
  std::map<std::string, int> expect_lines; ///< the line of each tool under `expect`, for reports
};

/// What the user chose: a row of `variants` ("": none), and values that go before the variant's.
struct Choice {
  Definitions definitions;
  std::string variant;
};

/// Misuse "file:line:column: ..." for anything that is not a valid scenario.
Scenario load_scenario(const std::string &file, const Choice &choice);
Scenario parse_scenario(const std::string &yaml, const std::string &file, const Choice &choice);

/// The new value of a `set`, as it is typed on a command line: plain, or as in YAML, {was: 1} or {at: self}.
void read_value(EditRequest &edit, const std::string &text);

/// The draft-07 JSON Schema of scenario files, from the tables of keys and verbs.
nlohmann::json scenario_schema();

/// The catalogue's root: beside an installed program, or in the source tree that it was built in.
std::string catalogue_root();

/// Every scenario file below `root`, as names without .yaml, sorted.
std::vector<std::string> catalogue(const std::string &root);

/// The file that `scenario` means: a path, or a name ("zero-dbr", "ntfs/zero-dbr", with or without
/// .yaml). Misuse with the nearest names if there is none, or all of them if there are several.
std::string find_scenario(const std::string &scenario);

} // namespace lab
