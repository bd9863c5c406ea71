// SPDX-License-Identifier: GPL-2.0-or-later
//
// Differences, a line each: the field, what it was and what it is.
#include <fmt/format.h>

#include "show/plan.h"

namespace lab {

nlohmann::ordered_json to_json(const Difference &difference) {
  nlohmann::ordered_json row = {{"path", path_of(difference.target)},
                                {"at", difference.extent.at},
                                {"length", difference.extent.length},
                                {"known", difference.target.field != nullptr}};
  if (difference.target.field) {
    row["meaning"] = difference.target.field->meaning;
    row["before"] = difference.before;
    row["after"] = difference.after;
  } else {
    row["differs"] = difference.after;
  }
  if (!difference.file.empty()) row["file"] = difference.file;
  if (!difference.note.empty()) row["note"] = difference.note;
  return row;
}

std::string to_text(const Difference &difference, const Style &style) {
  std::string out = fmt::format("{:>12}  {}  ", hex_offset(difference.extent.at), style.bold(path_of(difference.target)));
  if (difference.target.field) out += fmt::format("{} -> {}", difference.before, style.red(difference.after));
  else out += style.red("differs in " + difference.after);
  if (!difference.note.empty()) out += style.dim("  (" + difference.note + ")");
  if (!difference.file.empty()) out += style.dim("  " + difference.file);
  return out + "\n";
}

} // namespace lab
