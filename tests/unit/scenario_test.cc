// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a scenario file means, and what is said about one that means nothing. The grammar's own document,
// scenarios/README.md, is the example: what it shows must be true.
#include "edit/scenario.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

#include "edit/keys.h"

namespace lab {
namespace {

std::string contents(const std::string &file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// The YAML blocks of the README.
std::vector<std::string> examples() {
  std::string readme = contents(catalogue_root() + "/README.md");
  std::vector<std::string> blocks;
  const std::string open = "```yaml\n";
  for (size_t at = 0; (at = readme.find(open, at)) != std::string::npos;) {
    at += open.size();
    blocks.push_back(readme.substr(at, readme.find("```", at) - at));
  }
  return blocks;
}

Scenario parse(const std::string &yaml, const Definitions &definitions = {}, const std::string &variant = "") {
  return parse_scenario(yaml, "f.yaml", {definitions, variant});
}

std::string error_of(const std::string &yaml, const Definitions &definitions = {}, const std::string &variant = "") {
  try {
    parse(yaml, definitions, variant);
  } catch (const Misuse &error) { return error.what(); }
  return "no error";
}

/// A scenario with this one edit, which begins in line 3.
std::string with_edit(const std::string &edit) { return "title: t\nedits:\n- " + edit + "\n"; }

TEST(Scenario, the_short_example_is_read) {
  Scenario scenario = parse(examples().at(0));
  EXPECT_EQ(scenario.name, "f");
  EXPECT_EQ(scenario.title, "The first 4 KiB of the partition are zero");
  EXPECT_EQ(scenario.image, "ntfs-64m");
  ASSERT_EQ(scenario.edits.size(), 1u);
  EXPECT_EQ(scenario.edits[0].verb.text, "zero");
  EXPECT_EQ(scenario.edits[0].path.text, "ntfs@0+4KiB");
  EXPECT_EQ(scenario.edits[0].path.line, 8);
  EXPECT_EQ(scenario.edits[0].path.column, 11);
  EXPECT_EQ(scenario.expect,
            nlohmann::json::parse(R"({"ntfsfix-d": {"says": "repaired", "data": "intact"}})"));
  EXPECT_EQ(scenario.expect_lines.at("ntfsfix-d"), 10);
}

TEST(Scenario, the_complete_example_is_read) {
  Scenario scenario = parse(examples().at(1), {{"copies", "all"}});
  EXPECT_EQ(scenario.tags, (std::vector<std::string>{"boot", "hibernation"}));
  ASSERT_EQ(scenario.parameters.size(), 2u);
  EXPECT_EQ(scenario.parameters[0].value, "2");
  EXPECT_EQ(scenario.parameters[0].maximum, "1M");
  EXPECT_EQ(scenario.parameters[1].value, "all");
  ASSERT_EQ(scenario.needs.size(), 2u);
  EXPECT_EQ(scenario.needs[0].path.text, "ntfs.mft[\"/hiberfil.sys\"]");
  EXPECT_TRUE(scenario.needs[0].value.empty());
  EXPECT_EQ(scenario.needs[1].value.text, "512");
  ASSERT_EQ(scenario.prepare.size(), 1u);
  EXPECT_EQ(scenario.prepare[0].path.text, "/hiberfil.sys");
  EXPECT_EQ(scenario.prepare[0].head, "hibr");
  EXPECT_EQ(scenario.prepare[0].size, 4096u);
  ASSERT_EQ(scenario.edits.size(), 3u);
  EXPECT_EQ(scenario.edits[0].was, 2);
  EXPECT_EQ(scenario.edits[0].copies, Copies::all);
  EXPECT_EQ(scenario.edits[1].past.text, "cluster");
  EXPECT_EQ(scenario.edits[1].past_by, 1);
  EXPECT_EQ(scenario.edits[1].copies, Copies::named);
  EXPECT_EQ(scenario.edits[2].arguments.at("bit").text, "0");
  EXPECT_EQ(scenario.edits[2].seal, SealPolicy::stale);
  ASSERT_EQ(scenario.then.size(), 1u);
  EXPECT_EQ(scenario.then[0].arguments.at("with").text, "55 aa");
  EXPECT_EQ(scenario.expect["ntfs-3g-mount"], "refused");
  EXPECT_EQ(scenario.expect["ntfsfix"]["data"]["*"], "intact");
}

TEST(Scenario, every_example_of_a_verb_is_a_valid_edit) {
  for (const Verb &verb : all_verbs()) {
    std::string rows = std::regex_replace(verb.example, std::regex(", "), "\n  ");
    EXPECT_EQ(parse(with_edit(rows)).edits[0].verb.text, verb.name);
  }
}

TEST(Scenario, values_are_never_guessed) {
  for (const char *value : {"off", "010", "12:30:45", "1e3", "0x10", "no"})
    EXPECT_EQ(
        parse(with_edit("{ set: a.b, to: " + std::string(value) + " }")).edits[0].arguments.at("to").text,
        value);
}

TEST(Scenario, expectations_pass_through_with_whole_numbers_as_numbers) {
  Scenario scenario =
      parse(with_edit("zero: a") + "expect:\n  t: { data: { n: 12, m: -3, o: 010, q: \"7\", z: 0 } }\n");
  EXPECT_EQ(scenario.expect["t"]["data"].dump(), R"({"m":-3,"n":12,"o":"010","q":"7","z":0})");
}

TEST(Scenario, nothing_may_be_expected_yet) {
  EXPECT_EQ(parse(with_edit("zero: a") + "expect: {}\n").expect.dump(), "{}");
  EXPECT_EQ(parse(with_edit("zero: a")).expect.dump(), "{}");
}

TEST(Scenario, definitions_replace_defaults_within_limits) {
  std::string text = "title: t\nparameters:\n  shift: { default: 1, min: -8, max: 4KiB }\nedits:\n"
                     "- add: a.b\n  by: ${shift}\n";
  EXPECT_EQ(parse(text).edits[0].arguments.at("by").text, "1");
  EXPECT_EQ(parse(text, {{"shift", "-8"}}).edits[0].arguments.at("by").text, "-8");
  EXPECT_EQ(parse(text, {{"shift", "0x1000"}}).edits[0].arguments.at("by").text, "0x1000");
  EXPECT_EQ(error_of(text, {{"shift", "-9"}}), "-D shift=-9: expected at least -8; found -9");
  EXPECT_EQ(error_of(text, {{"shift", "4097"}}), "-D shift=4097: expected at most 4KiB; found 4097");
  EXPECT_EQ(error_of(text, {{"shift", "08"}}),
            "-D shift=08: '08' is ambiguous: write it without the leading zero, or as 0x...");
  EXPECT_EQ(error_of(text, {{"shfit", "1"}}),
            "-D shfit=1: unknown parameter of f.yaml; did you mean 'shift'?");
  EXPECT_EQ(error_of(with_edit("zero: a"), {{"n", "1"}}),
            "-D n=1: unknown parameter of f.yaml; the scenario has no parameters");
}

TEST(Scenario, definitions_must_be_among_the_choices) {
  std::string text =
      "title: t\nparameters:\n  p: { default: a.b, choices: [a.b, c] }\nedits:\n- zero: ${p}\n";
  EXPECT_EQ(parse(text, {{"p", "c"}}).edits[0].path.text, "c");
  EXPECT_EQ(error_of(text, {{"p", "d"}}), "-D p=d: expected one of a.b, c; found \"d\"");
}

const std::string two_kinds = "title: t\nparameters:\n  to: { default: 1, max: 9 }\n  by: { default: 2 }\n"
                              "variants:\n  plain: {}\n  far: { to: 8 }\n"
                              "edits:\n- set: a\n  to: ${to}\n- add: b\n  by: ${by}\n";

TEST(Scenario, a_variant_gives_parameters_their_values_and_a_definition_goes_before_it) {
  EXPECT_EQ(parse(two_kinds).edits[0].arguments["to"].text, "1");
  EXPECT_EQ(parse(two_kinds, {}, "plain").edits[0].arguments["to"].text, "1");
  Scenario far = parse(two_kinds, {{"by", "3"}}, "far");
  EXPECT_EQ(far.variant, "far");
  EXPECT_EQ(far.edits[0].arguments["to"].text, "8");
  EXPECT_EQ(far.edits[1].arguments["by"].text, "3");
  EXPECT_EQ(parse(two_kinds, {{"to", "5"}}, "far").edits[0].arguments["to"].text, "5");
  ASSERT_EQ(far.variants.size(), 2u);
  EXPECT_EQ(far.variants[1].name, "far");
  EXPECT_EQ(far.variants[1].values, (Definitions{{"to", "8"}}));
}

TEST(Scenario, an_unknown_variant_names_those_there_are) {
  EXPECT_EQ(error_of(two_kinds, {}, "fra"), "--variant fra: unknown variant of f.yaml; expected one of plain, far");
  EXPECT_EQ(error_of(with_edit("zero: a"), {}, "x"), "--variant x: f.yaml has no variants");
}

TEST(Scenario, a_value_is_not_searched_for_parameters_again) {
  std::string text =
      "title: t\nparameters:\n  p: { default: \"${p}\" }\nedits:\n- set: a\n  to: x${p}y${p}\n";
  EXPECT_EQ(parse(text).edits[0].arguments.at("to").text, "x${p}y${p}");
}

struct Bad {
  std::string yaml;
  const char *error;
};
void PrintTo(const Bad &bad, std::ostream *out) { *out << bad.yaml; }

class BadScenario : public testing::TestWithParam<Bad> {};

TEST_P(BadScenario, is_refused_with_place_and_advice) {
  std::string error = error_of(GetParam().yaml);
  EXPECT_TRUE(error.starts_with(std::string("f.yaml:") + GetParam().error)) << error;
}

const std::string parameter = "title: t\nparameters:\n  p: ";
const std::string use_p = "\nedits:\n- add: a.b\n  by: ${p}\n";

INSTANTIATE_TEST_SUITE_P(
    Keys, BadScenario,
    testing::Values(
        Bad{"- a\n", "1:1: expected a scenario: a mapping with the keys title, edits ...; found a list"},
        Bad{"title: t\n", "1:1: a scenario needs 'edits':"},
        Bad{"edits:\n- zero: a\n", "1:1: a scenario needs 'title':"},
        Bad{"titel: t\n", "1:1: unknown key \"titel\" in a scenario; did you mean 'title'?"},
        Bad{"title:\nedits:\n- zero: a\n", "1:1: title: expected a text; found nothing"},
        Bad{"title: [t]\nedits:\n- zero: a\n", "1:8: title: expected a text; found a list"},
        Bad{"title: t\ntags: boot\nedits:\n- zero: a\n", "2:7: tags: expected a list; found \"boot\""},
        Bad{"title: t\ntags: []\nedits:\n- zero: a\n", "2:7: tags: expected a list"},
        Bad{"title: t\nedits:\n  zero: a\n",
            "3:3: edits: expected a list; found a mapping; begin each element with '- '"},
        Bad{"title: t\nneeds:\n- exists: a\nedits:\n- zero: a\n", "3:3: a need with 'exists' needs 'why':"},
        Bad{"title: t\nneeds:\n- {value: a, why: w}\nedits:\n- zero: a\n",
            "3:3: a need with 'value' needs 'is':"},
        Bad{"title: t\nneeds:\n- {exists: a, is: 1, why: w}\nedits:\n- zero: a\n",
            "3:15: unknown key \"is\" in a need with 'exists'; expected one of exists, why"},
        Bad{"title: t\nprepare:\n- {put: x, volume: ntfs, size: 1}\nedits:\n- zero: a\n",
            "3:9: put: expected a path"},
        Bad{"title: t\nprepare:\n- {put: /x, volume: ntfs, size: 1, head: ab}\nedits:\n- zero: a\n",
            "3:42: head: 2 B do not fit in the size of 1 B"},
        Bad{"title: t\nprepare:\n- {put: /x, volume: ntfs, size: -1}\nedits:\n- zero: a\n",
            "3:33: size: '-1' is no number"},
        Bad{with_edit("zero: a") + "expect:\n  ntfsfix: { sais: clean }\n",
            "5:14: unknown key \"sais\" in a verdict; did you mean 'says'?"},
        Bad{with_edit("zero: a") + "expect:\n  ntfsfix:\n", "5:3: ntfsfix: expected a text or a mapping"},
        Bad{with_edit("zero: a") + "expect:\n  ntfsfix: { restores: a }\n",
            "5:24: restores: expected a list; found \"a\""}));

INSTANTIATE_TEST_SUITE_P(
    Edits, BadScenario,
    testing::Values(
        Bad{with_edit("sett: a.b\n  to: 1"), "3:3: unknown key \"sett\" in an edit; did you mean 'set'?"},
        Bad{with_edit("to: 1"), "3:3: an edit needs one of set, add, "},
        Bad{with_edit("zero: a\n  set: b"), "4:3: 'zero' and 'set' in one edit; expected one of them"},
        Bad{with_edit("set: a.b"), "3:3: an edit with 'set' needs 'to':"},
        Bad{with_edit("zero: a\n  to: 1"),
            "4:3: unknown key \"to\" in an edit with 'zero'; expected one of zero, seal, copies"},
        Bad{with_edit("zero: a..b"), "3:9: zero: path 'a..b', column 3: expected a name, found '.'"},
        Bad{with_edit("zero: a@1+4KB@"), "3:9: zero: path"},
        Bad{with_edit("zero: a\n  seal: stail"),
            "4:9: seal: expected one of recompute, stale, broken; found \"stail\"; did you mean 'stale'?"},
        Bad{with_edit("zero: a\n  copies: 2"),
            "4:11: copies: expected one of named, backup, all; found \"2\""},
        Bad{with_edit("add: a\n  by: 010"), "4:7: by: '010' is ambiguous"},
        Bad{with_edit("add: a\n  by: 12:30"), "4:7: by: '12:30' is no number"},
        Bad{with_edit("add: a\n  by: 4 parsecs"), "4:7: by: '4 parsecs' is no number"},
        Bad{with_edit("add: a\n  by: 18446744073709551616"),
            "4:7: by: '18446744073709551616' does not fit in 64 bits"},
        Bad{with_edit("fill: a\n  with: 5g"), "4:9: with: "},
        Bad{with_edit("set: a\n  to: { was: x }"), "4:14: was: 'x' is no number"},
        Bad{with_edit("set: a\n  to: { was: 0x8000000000000000 }"), "4:14: the number does not fit"},
        Bad{with_edit("set: a\n  to: { was: 1, by: 2 }"),
            "4:17: unknown key \"by\" in a new value with 'was'"},
        Bad{with_edit("set: a\n  to: { by: 2 }"), "4:7: a new value needs one of was, past"},
        Bad{with_edit("set: a\n  to: [1]"),
            "4:7: to: expected a text or a mapping with was or past or at; found a list"}));

INSTANTIATE_TEST_SUITE_P(
    Parameters, BadScenario,
    testing::Values(
        Bad{with_edit("zero: ${p}"), "3:9: undefined parameter 'p'; the scenario has no parameters"},
        Bad{parameter + "{ default: 1 }\nedits:\n- add: a\n  by: ${q}\n",
            "6:7: undefined parameter 'q'; did you mean 'p'?"},
        Bad{parameter + "{ default: 1 }\nedits:\n- add: a\n  by: ${p\n", "6:7: '${' without '}'"},
        Bad{parameter + "{ default: 1 }\nedits:\n- zero: a\n", "3:3: parameter \"p\" is not used"},
        Bad{parameter + "{ default: 9, max: 8 }" + use_p, "3:17: expected at most 8; found 9"},
        Bad{parameter + "{ default: x, max: 8 }" + use_p, "3:17: 'x' is no number"},
        Bad{parameter + "{ max: 8 }" + use_p, "3:6: a parameter needs 'default':"},
        Bad{parameter + "1" + use_p, "3:6: p: expected a mapping with default; found \"1\""},
        Bad{"title: t\nparameters:\n  p q: { default: 1 }" + use_p, "3:3: parameter name \"p q\""},
        Bad{parameter + "{ default: 1, max: 8 }\nvariants:\n  v: { p: 9 }" + use_p, "5:11: expected at most 8; found 9"},
        Bad{parameter + "{ default: 1 }\nvariants:\n  v: { q: 9 }" + use_p, "5:8: unknown parameter \"q\"; did you mean 'p'?"},
        Bad{parameter + "{ default: 1 }\nvariants:\n  v w: {}" + use_p, "5:3: variant name \"v w\""},
        Bad{parameter + "{ default: x }" + use_p, "6:7: by: 'x' is no number"}));

TEST(ScenarioFiles, that_cannot_be_read_are_named) {
  auto error_of_file = [](const std::string &file) -> std::string {
    try {
      load_scenario(file, {});
    } catch (const Misuse &error) { return error.what(); }
    return "no error";
  };
  EXPECT_EQ(error_of_file("/"), "/: is a directory; expected a scenario file");
  EXPECT_EQ(error_of_file("/nowhere/x.yaml"),
            "/nowhere/x.yaml: No such file or directory; expected a scenario file");
  EXPECT_EQ(error_of_file("/dev/null"), "/dev/null:1:1: the file is empty");
  EXPECT_EQ(error_of_file("/dev/zero"), "/dev/zero:1:1: too large; expected at most 1 MiB");
}

/// Every slip of the hand gives a scenario or a Misuse with the file's name: nothing else, whatever it is.
TEST(Scenario, a_mutated_file_is_read_or_refused) {
  std::mt19937 random(1);
  const std::string pieces[] = {
      "{",   "}",  "[", "]", ":", ",", "- ", "#",  "&",  "*", "!",  "|",    ">",
      "'",   "\"", "%", "@", "`", "?", "~",  "\n", "\t", " ", "${", "\xff", std::string(1, '\0'),
      "010", "-"};
  const std::string example = examples().at(1);
  int refused = 0;
  for (int i = 0; i < 3000; i++) {
    std::string text = example;
    for (u64 changes = 1 + random() % 3; changes > 0; changes--)
      text.replace(random() % text.size(), random() % 4, pieces[random() % std::size(pieces)]);
    std::string error = error_of(text);
    if (error == "no error") continue;
    refused++;
    EXPECT_TRUE(error.starts_with("f.yaml:")) << error << "\n" << text;
  }
  EXPECT_GT(refused, 1000);
}

TEST(ScenarioSchema, is_the_one_that_is_shipped) {
  std::string file = catalogue_root() + "/schema.json";
  std::string schema = scenario_schema().dump(2) + "\n";
  if (std::getenv("UPDATE")) std::ofstream(file) << schema;
  EXPECT_EQ(contents(file), schema) << "scenarios/schema.json is stale; run this test with UPDATE=1";
}

TEST(ScenarioSchema, explains_every_key) {
  nlohmann::json schema = scenario_schema();
  for (const KeyRow &row : scenario_shape().variants[0])
    EXPECT_EQ(schema["properties"][row.name]["description"], row.meaning);
  EXPECT_EQ(schema["definitions"]["edit"]["oneOf"].size(), all_verbs().size());
}

} // namespace
TEST(Sweep, takes_the_place_of_edits) {
  Scenario scenario = parse("title: t\nsweep: { fields: \"ntfs.boot.*\", verbs: [zero, add] }\n", {}, "ntfs.boot.oem_id:zero");
  ASSERT_TRUE(scenario.sweep);
  EXPECT_EQ(scenario.sweep->fields.text, "ntfs.boot.*");
  EXPECT_EQ(scenario.sweep->verbs, (std::vector<std::string>{"zero", "add"}));
  EXPECT_EQ(scenario.variant, "ntfs.boot.oem_id:zero");
}

INSTANTIATE_TEST_SUITE_P(
    Sweeps, BadScenario,
    testing::Values(Bad{"title: t\nsweep: { fields: a.* }\nedits:\n- zero: a\n", "2:8: 'sweep' beside 'edits' in a scenario"},
                    Bad{"title: t\nsweep: { verbs: [add] }\n", "2:8: a sweep needs 'fields'"},
                    Bad{"title: t\nsweep: { fields: a.*, verbs: [halve] }\n", "2:31: verbs: expected one of zero, ones, lowbit"}));

} // namespace lab
