// SPDX-License-Identifier: GPL-2.0-or-later
//
// Texts with places: what stands in the file is what is read, and what YAML would guess is refused.
#include "edit/yaml.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace lab {
namespace {

std::string error_of(const std::string &text) {
  try {
    parse_yaml(text, "f.yaml");
  } catch (const Misuse &error) { return error.what(); }
  return "no error";
}

TEST(Yaml, keys_and_values_keep_their_places) {
  Yaml root = parse_yaml("a: x\nlist:\n  - y\n  - {b: z}\n", "f.yaml");
  ASSERT_EQ(root.entries.size(), 2u);
  EXPECT_EQ(root.entries[1].key.line, 2);
  const Yaml &list = root.entries[1].value;
  EXPECT_EQ(list.items[0].scalar, "y");
  EXPECT_EQ(list.items[0].line, 3);
  EXPECT_EQ(list.items[0].column, 5);
  EXPECT_EQ(list.items[1].find("b")->scalar, "z");
  EXPECT_EQ(list.items[1].find("b")->column, 9);
}

TEST(Yaml, columns_count_characters_not_bytes) {
  Yaml root = parse_yaml("{\"grün\": x, b: y}", "f.yaml");
  EXPECT_EQ(root.find("b")->column, 16);
}

TEST(Yaml, scalars_are_the_text_that_stands_there) {
  for (const char *text :
       {"off", "no", "010", "12:30:45", "1e3", "3.10", "0x1F", "2024-01-01", "NaN", "-1"}) {
    Yaml root = parse_yaml(std::string("a: ") + text, "f.yaml");
    EXPECT_EQ(root.find("a")->scalar, text);
    EXPECT_FALSE(root.find("a")->quoted);
  }
}

TEST(Yaml, quotes_and_blocks_are_remembered) {
  EXPECT_TRUE(parse_yaml("a: '5'", "f.yaml").find("a")->quoted);
  EXPECT_TRUE(parse_yaml("a: |\n  5\n", "f.yaml").find("a")->quoted);
}

TEST(Yaml, byte_order_mark_and_carriage_returns_are_accepted) {
  Yaml root = parse_yaml("\xef\xbb\xbf"
                         "a: x\r\nb: y\r\n",
                         "f.yaml");
  EXPECT_EQ(root.find("a")->scalar, "x");
  EXPECT_EQ(root.find("b")->scalar, "y");
  EXPECT_EQ(root.find("b")->line, 2);
}

TEST(Yaml, null_is_nothing_at_its_key) {
  Yaml root = parse_yaml("a:\n\nb: ~\nc: null\n", "f.yaml");
  for (const char *key : {"a", "b", "c"}) EXPECT_EQ(root.find(key)->is, Yaml::nothing);
  EXPECT_EQ(root.find("a")->line, 1);
}

struct Bad {
  const char *text;
  const char *error;
};

void PrintTo(const Bad &bad, std::ostream *out) { *out << bad.text; }

class BadYaml : public testing::TestWithParam<Bad> {};

TEST_P(BadYaml, is_refused_with_its_place) { EXPECT_EQ(error_of(GetParam().text), GetParam().error); }

INSTANTIATE_TEST_SUITE_P(
    Yaml, BadYaml,
    testing::Values(
        Bad{"", "f.yaml:1:1: the file is empty"}, Bad{"# only a comment\n", "f.yaml:1:1: the file is empty"},
        Bad{"a: 1\nb: 2\na: 3\n", "f.yaml:3:1: duplicate key \"a\"; it is in line 1 already"},
        Bad{"a: {b: 1, b: 2}", "f.yaml:1:11: duplicate key \"b\"; it is in line 1 already"},
        Bad{"a: &x 1\nb: *x\n", "f.yaml:1:4: an anchor (&); expected the value itself"},
        Bad{"a: &x [1, *x]\n", "f.yaml:1:4: an anchor (&); expected the value itself"},
        Bad{"a: !!int 1", "f.yaml:1:4: a tag (tag:yaml.org,2002:int); expected the value itself"},
        Bad{"a: !x {b: 1}", "f.yaml:1:4: a tag (!x); expected the value itself"},
        Bad{"a: 1\n---\nb: 2\n",
            "f.yaml:2:1: more follows after the end of the first document; expected one"},
        Bad{"{a: 1} b", "f.yaml:1:8: more follows after the end of the first document; expected one"},
        Bad{"[a]: 1", "f.yaml:1:1: a key must be a text; found a list"},
        Bad{"~: 1", "f.yaml:1:1: a key must be a text; found nothing"},
        Bad{"a: 1\n\tb: 2\n", "f.yaml:2:1: not YAML: illegal tab when looking for indentation"},
        Bad{"a: @0+1", "f.yaml:1:4: not YAML: unknown token; a text that begins with @ must be in quotes"},
        Bad{"a: {b: ${c}}",
            "f.yaml:1:9: not YAML: end of map flow not found; between { } or [ ] a parameter must be "
            "in quotes: \"${name}\""},
        Bad{"a: 1\nb: \xff\n", "f.yaml:2:4: byte 0xff is not UTF-8; expected a text file in UTF-8"},
        Bad{"a: \xc0\x80", "f.yaml:1:4: byte 0xc0 is not UTF-8; expected a text file in UTF-8"},
        Bad{"a: \xed\xa0\x80", "f.yaml:1:4: byte 0xed is not UTF-8; expected a text file in UTF-8"},
        Bad{"a: b\x04\nc: d\n", "f.yaml:1:5: control character 0x4; expected a text file in UTF-8"}));

TEST(Yaml, a_zero_byte_is_refused) {
  EXPECT_EQ(error_of(std::string("a: b\0c", 6)),
            "f.yaml:1:5: control character 0x0; expected a text file in UTF-8");
}

TEST(Yaml, deep_nesting_is_refused_in_lists_and_maps) {
  std::string maps, lists;
  for (int i = 0; i < 40; i++) {
    maps += std::string(static_cast<size_t>(i), ' ') + "a:\n";
    lists += "- ";
  }
  EXPECT_EQ(error_of(maps), "f.yaml:17:17: nested deeper than 16 levels");
  EXPECT_EQ(error_of(lists), "f.yaml:1:33: nested deeper than 16 levels");
}

TEST(Yaml, more_than_a_mebibyte_is_refused) {
  EXPECT_EQ(error_of("a: " + std::string(yaml_size_limit, 'x')),
            "f.yaml:1:1: too large; expected at most 1 MiB");
}

TEST(Yaml, hostile_files_of_the_largest_size_end_with_an_error) {
  for (const char *piece :
       {"[", "{", "? ", "- ", "[{", "- ? ", "&a ", "!a ", ": ", "---\n", "%a\n", "'", "\"\\", "|\n"}) {
    std::string text;
    while (text.size() + std::string_view(piece).size() < yaml_size_limit) text += piece;
    EXPECT_TRUE(error_of(text).starts_with("f.yaml:")) << piece;
  }
}

TEST(Yaml, long_texts_are_cut_in_messages_between_characters) {
  Yaml node;
  node.is = Yaml::text;
  for (int i = 0; i < 40; i++) node.scalar += "é";
  node.scalar = "x" + node.scalar;
  EXPECT_EQ(found(node).size(), 1 + 59 + 3 + 1u);
}

} // namespace
} // namespace lab
