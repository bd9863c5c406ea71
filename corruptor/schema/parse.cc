// SPDX-License-Identifier: GPL-2.0-or-later
//
// The grammar of paths, in full:
//
//   path  = [ step { "." step | "->" [ step ] } ] [ "@" number [ "+" number ] ]
//   step  = name [ "[" key "]" ]
//   key   = number | '"' text '"' | "*" | [ number ] ":" [ number ]
//   name  = a letter, then letters, digits and underscores; a "*" stands for any of them
//   text  = characters; \" \\ \xNN (a byte) \uNNNN (a UTF-16 unit)
#include <fmt/format.h>

#include "schema/path.h"

namespace lab {

namespace {

class Parser {
public:
  explicit Parser(std::string_view text) : text(text) {}

  Path parse() {
    Path path;
    path.text = std::string(text);
    if (!at_end() && peek() != '@') {
      path.steps.push_back(step());
      while (!at_end() && (peek() == '.' || peek() == '-')) {
        if (text[position++] == '-') {
          expect('>');
          path.steps.back().arrow = true;
          if (at_end() || peek() == '@') break;
        }
        path.steps.push_back(step());
      }
      for (const Step &one : path.steps)
        path.pattern |= one.key.is == Key::slice || one.name.find('*') != std::string::npos;
    }
    if (!at_end() && peek() == '@') {
      position++;
      path.range = Extent{number("an offset"), 0};
      path.to_the_end = at_end();
      if (!at_end()) {
        expect('+');
        path.range->length = number("a length");
        if (path.range->length == 0) fail("a length of at least 1");
      }
    }
    if (!at_end()) fail("'.', '->', '[', '@' or the end");
    if (path.steps.empty() && !path.range) fail("a name or '@offset'");
    return path;
  }

private:
  bool at_end() const { return position == text.size(); }
  char peek() const { return text[position]; }

  [[noreturn]] void fail(const std::string &expected) const {
    std::string found = at_end() ? "the end" : fmt::format("'{}'", text[position]);
    throw Misuse(fmt::format("path '{}', column {}: expected {}, found {}", text, position + 1, expected, found));
  }

  void expect(char c) {
    if (at_end() || peek() != c) fail(fmt::format("'{}'", c));
    position++;
  }

  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  Step step() {
    Step result;
    result.column = position;
    if (at_end() || !(is_letter(peek()) || peek() == '*')) fail("a name");
    while (!at_end() && (is_letter(peek()) || is_digit(peek()) || peek() == '*')) result.name += text[position++];
    if (at_end() || peek() != '[') return result;
    position++;
    if (!at_end() && peek() == '"') {
      result.key.is = Key::text;
      result.key.name = quoted();
    } else {
      number_or_slice(result.key);
    }
    expect(']');
    return result;
  }

  void number_or_slice(Key &key) {
    if (!at_end() && peek() == '*') {
      position++;
      key = {Key::slice, 0, "", ~u64{0}};
      return;
    }
    bool open = !at_end() && peek() == ':';
    key.index = open ? 0 : number("a number, '*', or a text in quotes");
    key.is = Key::number;
    if (at_end() || peek() != ':') return;
    position++;
    key.is = Key::slice;
    key.end = !at_end() && peek() != ']' ? number("the number after the last") : ~u64{0};
  }

  u64 number(const char *what) {
    size_t start = position;
    while (!at_end() && (is_letter(peek()) || is_digit(peek()))) position++;
    if (start == position) fail(what);
    try {
      return parse_number(text.substr(start, position - start));
    } catch (const Misuse &error) {
      throw Misuse(fmt::format("path '{}', column {}: {}", text, start + 1, error.what()));
    }
  }

  std::string quoted() {
    expect('"');
    std::string result;
    while (true) {
      if (at_end()) fail("a closing '\"'");
      char c = text[position++];
      if (c == '"') return result;
      if (c != '\\') {
        result += c;
        continue;
      }
      if (at_end()) fail("a character after the backslash");
      char kind = text[position++];
      if (kind == '"' || kind == '\\') result += kind;
      else if (kind == 'x') result += static_cast<char>(digits(2));
      else if (kind == 'u') result += surrogate_or_character(digits(4));
      else {
        position--;
        fail("one of \" \\ x u after the backslash");
      }
    }
  }

  u32 digits(size_t count) {
    u32 result = 0;
    for (size_t i = 0; i < count; i++, position++) {
      if (at_end() || !std::isxdigit(static_cast<unsigned char>(peek()))) fail("a hexadecimal digit");
      result = result << 4 | static_cast<u32>(std::stoi(std::string(1, peek()), nullptr, 16));
    }
    return result;
  }

  static std::string surrogate_or_character(u32 unit) {
    u8 bytes[2] = {static_cast<u8>(unit), static_cast<u8>(unit >> 8)};
    return wtf8(bytes);
  }

  std::string_view text;
  size_t position = 0;
};

} // namespace

Path parse_path(std::string_view text) { return Parser(text).parse(); }

} // namespace lab
