// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of keys as a JSON Schema, for editors: completion, hover texts, errors while typing. It is
// draft-07, the newest that yaml-language-server reads. An editor sees YAML's own types, where the
// reader sees text; so a text may be a number here, and a number may be a text like "4KiB".
// https://json-schema.org/draft-07/json-schema-validation
#include "edit/keys.h"
#include "edit/scenario.h"

namespace lab {

namespace {

using Json = nlohmann::json;

constexpr const char *number_pattern = "(0[xX][0-9a-fA-F]+|(0|[1-9][0-9]*) *([KMGT]iB|[kMGT]B|[KMGTB])?)";
constexpr const char *parameter_pattern = "[$][{][A-Za-z0-9_-]+[}]";

class SchemaPrinter {
 public:
  Json print() {
    Json schema = schema_of(scenario_shape());
    schema["$schema"] = "http://json-schema.org/draft-07/schema#";
    schema["title"] = "corruptor scenario";
    schema["description"] =
        "One fault of a disk, as edits of named fields, with what is expected of tools that meet it";
    schema["definitions"] = definitions;
    return schema;
  }

 private:
  Json schema_of(const Shape &shape) {
    switch (shape.is) {
    case Shape::value: return {{"type", {"string", "number", "boolean"}}};
    case Shape::text: return {{"type", {"string", "number", "boolean"}}, {"minLength", 1}};
    case Shape::place: return {{"type", "string"}, {"minLength", 1}};
    case Shape::integer: return matching({"integer", "string"}, std::string("-?") + number_pattern);
    case Shape::size: {
      Json schema = matching({"integer", "string"}, number_pattern);
      schema["minimum"] = 0;
      return schema;
    }
    case Shape::hex: return matching({"number", "string"}, "( *[0-9a-fA-F]{2} *)+");
    case Shape::word:
      return {{"anyOf", {{{"enum", shape.words}}, {{"type", "string"}, {"pattern", parameter_pattern}}}}};
    case Shape::list: return {{"type", "array"}, {"minItems", 1}, {"items", element(shape.of[0])}};
    case Shape::named:
      return or_else(shape, {{{"type", "object"}, {"additionalProperties", element(shape.of[0])}}});
    case Shape::mapping: {
      std::vector<Json> variants;
      for (const std::vector<KeyRow> &rows : shape.variants) variants.push_back(object(rows));
      return or_else(shape, variants);
    }
    }
    return {};
  }

  /// Strings must be a whole match, or contain a parameter.
  static Json matching(const Json &types, const std::string &pattern) {
    return {{"type", types}, {"pattern", "^" + pattern + "$|" + parameter_pattern}};
  }

  Json or_else(const Shape &shape, std::vector<Json> variants) {
    if (shape.or_else.size()) variants.insert(variants.begin(), schema_of(shape.or_else[0]));
    if (variants.size() == 1) return variants[0];
    return {{"oneOf", variants}};
  }

  Json object(const std::vector<KeyRow> &rows) {
    Json properties = Json::object(), required = Json::array(), one_of;
    for (const KeyRow &row : rows) {
      Json property = schema_of(row.shape);
      property["description"] = row.meaning;
      if (row.examples.size()) property["examples"] = row.examples;
      properties[row.name] = property;
      if (row.required && row.unless.empty()) required.push_back(row.name);
      if (!row.unless.empty()) one_of = {{{"required", {row.name}}}, {{"required", {row.unless}}}};
    }
    Json result = {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
    if (!one_of.is_null()) result["oneOf"] = one_of;
    if (required.size()) result["required"] = required;
    return result;
  }

  /// What lists and names hold is described once, by its name.
  Json element(const Shape &shape) {
    Json schema = schema_of(shape);
    if (shape.is != Shape::mapping) return schema;
    definitions[shape.one] = schema;
    return {{"$ref", "#/definitions/" + shape.one}};
  }

  Json definitions = Json::object();
};

} // namespace

Json scenario_schema() { return SchemaPrinter().print(); }

} // namespace lab
