// SPDX-License-Identifier: GPL-2.0-or-later
//
// What can be done to bits. A verb sees the bits that are there and its arguments, and returns the bits
// that shall be there; it knows neither fields nor formats, so every verb works on every field. One
// function and one row add a verb; the scenario's grammar, its schema and the docs follow from the row.
#pragma once

#include <map>
#include <span>

#include "schema/path.h"

namespace lab {

/// What an argument of a verb is, for checking and for the schema.
enum class Takes {
  value,  ///< a value of the field: number, name, text; or {was: n}, {past: unit, by: n}, {at: place}
  number, ///< a number, with or without a unit
  hex,    ///< hexadecimal digits
  path,   ///< another place
};

struct Argument {
  const char *name; ///< the YAML key: "to", "by", "with"
  Takes takes;
  bool required;
  const char *meaning;
};

/// Arguments by name, as text; the field says how `value` is read.
using Arguments = std::map<std::string, std::string>;

struct Verb {
  const char *name;
  const char *meaning;
  std::span<const Argument> arguments;
  /// New bits from old ones. `random` yields the same numbers for the same seed, path and verb.
  Bits (*change)(const Bits &old, const Field *field, const Arguments &arguments, u64 random);
  const char *example;
};

/// All verbs. `copy`, `set` with {was, past} and large ranges are handled by the planner.
std::span<const Verb> all_verbs();
const Verb *verb_named(std::string_view name);

} // namespace lab
