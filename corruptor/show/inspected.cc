// SPDX-License-Identifier: GPL-2.0-or-later
//
// The answers of `inspect`, whatever was asked: a structure, all that a pattern fits, or whose bytes these are.
#include <fmt/format.h>

#include "show/show.h"

namespace lab {

using Json = nlohmann::ordered_json;

namespace {

std::string value_text(const Field &field, const Value &value) {
  std::string name = symbol(field, value);
  return show(field, value) + (name.empty() ? "" : " (" + name + ")");
}

/// The field's value, or why it cannot be told.
std::string value_text(const Target &target) {
  try {
    return value_text(*target.field, value_of(target.node, *target.field, target.index));
  } catch (const Damage &damage) { return damage.what(); }
}

Json owner_json(const Owner &owner) {
  const Target &target = owner.target;
  Json result = {{"path", path_of(target)}, {"structure", target.node.type->name}};
  if (target.field) {
    result["meaning"] = target.field->meaning;
    result["text"] = value_text(target);
  }
  if (!owner.file.empty()) result["file"] = owner.file;
  return result;
}

std::string owner_text(const Owner &owner, const Style &style) {
  const Target &target = owner.target;
  std::string out = style.bold(path_of(target));
  if (target.field) out += " = " + value_text(target);
  out += "  " + style.dim(target.field ? target.field->meaning : target.node.type->meaning);
  if (!owner.file.empty()) out += fmt::format("\n{:>12}  of the file {}", "", owner.file);
  return out;
}

} // namespace

Json to_json(const Inspected &inspected) {
  if (inspected.single) return to_json(inspected.structures[0]);
  Json result = Json::object();
  for (const Shown &shown : inspected.structures) result["structures"].push_back(to_json(shown));
  for (const Answer &answer : inspected.fields) result["fields"].push_back(to_json(answer));
  for (const Located &located : inspected.bytes) {
    Json owners = Json::array();
    for (const Owner &owner : located.owners) owners.push_back(owner_json(owner));
    result["bytes"].push_back({{"at", located.extent.at}, {"length", located.extent.length}, {"owners", owners}});
  }
  return result;
}

std::string to_text(const Inspected &inspected, const Style &style) {
  std::string out;
  for (const Shown &shown : inspected.structures) out += to_text(shown, style);
  for (const Answer &answer : inspected.fields)
    out += fmt::format("{:<40} {}\n", answer.path, value_text(*answer.field, answer.value));
  for (const Located &located : inspected.bytes)
    for (size_t i = 0; i < located.owners.size(); i++)
      out += fmt::format("{:>12}  {}\n", i == 0 ? hex_offset(located.extent.at) : "and", owner_text(located.owners[i], style));
  return out;
}

Json to_json(const Finding &finding) { return {{"path", finding.path}, {"at", finding.at}, {"what", finding.what}}; }

std::string to_text(const Finding &finding, const Style &style) {
  return fmt::format("{} at {}: {}\n", style.bold(finding.path), hex_offset(finding.at), style.red(finding.what));
}

} // namespace lab
