// SPDX-License-Identifier: GPL-2.0-or-later
//
// The grammar of scenario files as one table: every key, what it takes, whether it must be there, and
// what it means. The reader checks files against it, and the JSON Schema that editors complete from is
// printed from it, so the two cannot differ. The verbs' keys come from the table of verbs.
#pragma once

#include "base/bytes.h"
#include "edit/yaml.h"

namespace lab {

struct KeyRow;

/// What a value may be.
struct Shape {
  enum Is {
    value,   ///< any text, even an empty one
    text,    ///< a text that is not empty
    integer, ///< a number that may have a sign and a unit
    size,    ///< a number that has no sign
    hex,     ///< pairs of hexadecimal digits
    place,   ///< a path to a structure, a field or a range
    word,    ///< one of `words`
    list,    ///< one or more of `of`
    named,   ///< a mapping from free names to `of`
    mapping, ///< a mapping as one of `variants`, which are told apart by their first key
  };

  Shape(Is is);

  Is is;
  std::vector<std::string> words;            ///< word: the words
  std::vector<Shape> of;                     ///< list, named: what its elements are
  std::vector<std::vector<KeyRow>> variants; ///< mapping
  std::vector<Shape> or_else;                ///< named, mapping: what is taken instead, if anything
  std::string one;                           ///< mapping: what it is called: "edit"
};

struct KeyRow {
  std::string name;
  Shape shape;
  bool required = false;
  std::string meaning;
  std::vector<std::string> examples = {};
  bool parameters = false; ///< ${name} below this key is replaced by the parameter's value
  std::string unless = ""; ///< the key that may stand in place of this required one; never both
};

inline Shape::Shape(Is is) : is(is) {} // here, where rows are complete

/// The grammar of a whole file.
const Shape &scenario_shape();

/// What `to` takes.
Shape new_value_shape();

/// Misuse with file, line and column, what was expected and what was found, unless `node`, the value of
/// `name`, has the shape.
void check(const Yaml &node, const Shape &shape, const std::string &name);

/// The keys of a mapping alone: known, not mixed, complete. The row that stands for the mapping.
const std::vector<KeyRow> &check_keys(const Yaml &node, const Shape &shape);

/// A number with a sign, for values like `by: -1`. Misuse if `text` is none.
struct Signed {
  bool negative = false;
  u64 magnitude = 0;
  bool operator<(const Signed &other) const;
};
Signed parse_signed(std::string_view text);
i64 to_i64(const Signed &number); ///< Misuse if it does not fit

} // namespace lab
