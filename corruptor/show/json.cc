// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tree as JSON. Absent, unreadable and zero are three answers: a missing key, {"damage", "at"}, and
// 0. The number, its name and its place are separate keys. The shape is documented in corruptor(1).
#include <algorithm>

#include "show/show.h"

namespace lab {

using Json = nlohmann::ordered_json;

namespace {

/// JSON text is UTF-8; a damaged name's unpaired surrogates and stray bytes become \xNN.
std::string clean(const std::string &text) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    u8 lead = static_cast<u8>(text[i]);
    size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    bool valid = length > 0 && i + length <= text.size();
    for (size_t k = 1; valid && k < length; k++) valid = static_cast<u8>(text[i + k]) >> 6 == 2;
    // The first two bytes tell what is spelled too long, a surrogate, or past the last character (RFC 3629, 4).
    u8 next = valid && length > 1 ? static_cast<u8>(text[i + 1]) : 0;
    if (length == 2 && lead < 0xc2) valid = false;
    if (length == 3 && ((lead == 0xe0 && next < 0xa0) || (lead == 0xed && next >= 0xa0))) valid = false;
    if (length == 4 && ((lead == 0xf0 && next < 0x90) || (lead == 0xf4 && next >= 0x90) || lead > 0xf4)) valid = false;
    if (valid) {
      result += text.substr(i, length);
      i += length;
    } else {
      Bytes byte = {lead};
      result += "\\x" + hex(byte);
      i++;
    }
  }
  return result;
}

Json extents_json(const std::vector<Extent> &extents) {
  Json result = Json::array();
  for (const Extent &extent : extents) result.push_back({{"at", extent.at}, {"length", extent.length}});
  return result;
}

Json field_json(const ShownField &shown) {
  if (!shown.damage.empty()) return {{"damage", clean(shown.damage)}, {"at", shown.damage_at}};
  Json result = {{"value", value_json(shown.value)}};
  std::string name = symbol(*shown.field, shown.value);
  if (!name.empty()) result["name"] = name;
  if (*shown.field->unit) result["unit"] = shown.field->unit;
  if (!shown.extents.empty()) result["at"] = shown.extents[0].at;
  return result;
}

/// The steps' names, without what stands in brackets.
std::vector<std::string> step_names(const std::string &path) {
  std::vector<std::string> names(1);
  bool bracketed = false, quoted = false;
  for (char c : path) {
    if (c == '"') quoted = !quoted;
    if (c == '[' && !quoted) bracketed = true;
    if (c == '.' && !bracketed) names.emplace_back();
    else if (!bracketed) names.back() += c;
    if (c == ']' && !quoted) bracketed = false;
  }
  return names;
}

/// A part of the path; or all of its steps, as in a path of `inspect`: `*` for any, any key for any other.
bool matches(const std::string &path, const std::string &pattern) {
  if (path.find(pattern) != std::string::npos) return true;
  return std::ranges::equal(step_names(path), step_names(pattern),
                            [](const std::string &name, const std::string &wanted) { return wanted == "*" || name == wanted; });
}

void collect_fields(const Struct &type, const std::string &prefix, const std::string &pattern,
                    std::vector<const Struct *> &above, Json &rows) {
  for (const Field &field : type.fields) {
    std::string path = (prefix.empty() ? "" : prefix + ".") + field.name + (field.array ? "[n]" : "");
    if (!matches(path, pattern)) continue;
    static const char *const kinds[] = {"unsigned", "signed", "text", "utf-16", "bytes", "guid", "filetime", "dos-date", "dos-time"};
    Json row = {{"path", path}, {"kind", kinds[static_cast<int>(field.kind)]}, {"meaning", field.meaning}};
    if (*field.spec) row["specification"] = field.spec;
    if (*field.unit) row["unit"] = field.unit;
    if (*type.source) row["source"] = type.source;
    if (field.is_view()) row["computed"] = field.edits ? "settable" : "read-only";
    else if (field.slices[0].at.constant()) row["bit_offset"] = field.slices[0].at.add;
    if (!field.is_view() && field.slices[0].width.constant()) {
      i64 width = 0;
      for (int i = 0; i < field.slice_count; i++) width += field.slices[i].width.add;
      row["bits"] = width;
    }
    if (field.when.field) row["only_if"] = std::string(field.when.field) + " is " + std::to_string(field.when.value);
    if (field.names.count) {
      Json names = Json::object();
      for (size_t i = 0; i < field.names.count; i++) names[field.names.rows[i].name] = field.names.rows[i].value;
      row[field.names.flags ? "flags" : "names"] = names;
    }
    rows.push_back(std::move(row));
  }
  above.push_back(&type);
  for (const Edge &edge : type.edges) {
    bool again = !edge.type;
    for (const Struct *one : above) again |= one == edge.type;
    if (again) continue; // a directory in a directory: the same rows once more
    std::string_view keys = edge.keys;
    std::string step = edge.name + std::string(keys.substr(0, keys.find(" or ")));
    collect_fields(*edge.type, (prefix.empty() ? "" : prefix + ".") + step, pattern, above, rows);
  }
  above.pop_back();
}

} // namespace

Json value_json(const Value &value) {
  if (const u64 *uint = std::get_if<u64>(&value)) return *uint;
  if (const i64 *sint = std::get_if<i64>(&value)) return *sint;
  if (const std::string *text = std::get_if<std::string>(&value)) return clean(*text);
  return hex(std::get<Bytes>(value));
}

Json to_json(const Shown &shown) {
  Json result = {{"path", clean(shown.path)}};
  if (shown.type) result["structure"] = shown.type->name;
  if (!shown.damage.empty()) {
    result["damage"] = clean(shown.damage);
    result["damage_at"] = shown.damage_at;
  }
  if (shown.size || shown.at) {
    result["at"] = shown.at;
    result["size"] = shown.size;
  }
  if (!shown.notes.empty()) {
    result["notes"] = Json::array();
    for (const std::string &note : shown.notes) result["notes"].push_back(clean(note));
  }
  if (!shown.fields.empty()) {
    Json fields = Json::object();
    for (const ShownField &field : shown.fields) {
      if (!field.field->array) fields[field.field->name] = field_json(field);
      else fields[field.field->name].push_back(field_json(field));
    }
    result["fields"] = std::move(fields);
  }
  if (!shown.children.empty()) {
    result["children"] = Json::array();
    for (const Shown &one : shown.children) result["children"].push_back(to_json(one));
  }
  if (!shown.edges.empty()) {
    result["more"] = Json::array();
    for (const ShownEdge &edge : shown.edges) result["more"].push_back({{"path", edge.name}, {"meaning", edge.meaning}});
  }
  return result;
}

Json to_json(const Answer &answer) {
  Json result = {{"path", clean(answer.path)}};
  if (answer.field) {
    result["value"] = value_json(answer.value);
    std::string name = symbol(*answer.field, answer.value);
    if (!name.empty()) result["name"] = name;
    if (*answer.field->unit) result["unit"] = answer.field->unit;
  } else {
    result["bytes"] = hex(answer.bytes);
  }
  result["extents"] = extents_json(answer.extents);
  if (!answer.volume.empty()) result["volume"] = {{"path", answer.volume}, {"at", answer.volume_at}};
  if (answer.points)
    result["points_to"] = {{"at", answer.volume_at + answer.points->at},
                           {"in_volume", answer.points->at},
                           {"arithmetic", answer.points->arithmetic}};
  return result;
}

Json fields_json(const Struct &root, const std::string &pattern) {
  Json rows = Json::array();
  std::vector<const Struct *> above;
  collect_fields(root, "", pattern, above, rows);
  return rows;
}

} // namespace lab
