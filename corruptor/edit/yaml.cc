// SPDX-License-Identifier: GPL-2.0-or-later
//
// yaml-cpp scans and parses; its events carry marks, which its nodes lose for keys. So the tree is
// built from the events here. Two things are checked before it sees the text, because it would be
// silent about them: it takes the byte 0x04 for the end of the file, and invalid UTF-8 for characters.
#include "edit/yaml.h"

#include <map>
#include <optional>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "base/error.h"

namespace lab {

namespace {

/// Length in bytes of the UTF-8 character at the start of `text`, or 0 if there is none.
size_t character_length(std::string_view text) {
  auto byte = [&](size_t i) -> unsigned { return i < text.size() ? static_cast<u8>(text[i]) : 0; };
  auto tail = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    bool overlong = first == 0xe0 && byte(1) < 0xa0;
    bool surrogate = first == 0xed && byte(1) >= 0xa0;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    bool overlong = first == 0xf0 && byte(1) < 0x90;
    bool too_high = first == 0xf4 && byte(1) >= 0x90;
    return tail(1) && tail(2) && tail(3) && !overlong && !too_high ? 4 : 0;
  }
  return 0;
}

/// Refuses what is no text, with the place of its first byte.
void check_characters(std::string_view text, Yaml here) {
  for (size_t at = 0; at < text.size();) {
    u8 byte = static_cast<u8>(text[at]);
    size_t length = character_length(text.substr(at));
    if (length == 0) wrong(here, "byte " + hex_offset(byte) + " is not UTF-8; expected a text file in UTF-8");
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f)
      wrong(here, "control character " + hex_offset(byte) + "; expected a text file in UTF-8");
    at += length;
    here.column++;
    if (byte == '\n') {
      here.line++;
      here.column = 1;
    }
  }
}

/// Turns yaml-cpp's marks, which count bytes, into places that count characters. Marks come in order,
/// so each line is counted once.
class Places {
 public:
  explicit Places(const std::string &text) : text(text) {}

  Yaml at(const YAML::Mark &mark, std::shared_ptr<const std::string> file) {
    Yaml node;
    node.file = std::move(file);
    if (mark.is_null()) return node;
    size_t position = std::min(static_cast<size_t>(mark.pos), text.size());
    if (mark.line != line || position < reached) {
      line = mark.line;
      reached = position - std::min(position, static_cast<size_t>(mark.column));
      column = 1;
    }
    for (; reached < position; reached++)
      if ((static_cast<u8>(text[reached]) & 0xc0) != 0x80) column++;
    node.line = line + 1;
    node.column = column;
    return node;
  }

 private:
  const std::string &text;
  int line = -1;
  size_t reached = 0;
  int column = 1;
};

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string &text, std::shared_ptr<const std::string> file) : places(text), file(file) {}

  void OnDocumentStart(const YAML::Mark &mark) override {
    if (root) wrong(places.at(mark, file), "more follows after the end of the first document; expected one");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override {
    add(value_at(mark, Yaml::nothing, "", anchor));
  }
  void OnAlias(const YAML::Mark &mark, YAML::anchor_t) override {
    wrong(places.at(mark, file), "an alias (*); expected the value itself");
  }
  void OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                const std::string &scalar) override {
    bool quoted = tag == "!";
    Yaml node = value_at(mark, Yaml::text, quoted ? "" : tag, anchor);
    node.scalar = scalar;
    node.quoted = quoted;
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(value_at(mark, Yaml::list, tag, anchor));
  }
  void OnMapStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(value_at(mark, Yaml::map, tag, anchor));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

  std::optional<Yaml> root;

 private:
  /// A list or map that is being filled.
  struct Open {
    Yaml node;
    std::optional<Yaml> key;          ///< whose value comes next
    std::map<std::string, int> lines; ///< of the keys so far
  };

  Yaml value_at(const YAML::Mark &mark, Yaml::Is is, const std::string &tag, YAML::anchor_t anchor) {
    Yaml node = places.at(mark, file);
    node.is = is;
    if (anchor) wrong(node, "an anchor (&); expected the value itself");
    if (!tag.empty() && tag != "?") wrong(node, "a tag (" + tag + "); expected the value itself");
    return node;
  }

  void open(Yaml node) {
    if (unfinished.size() == yaml_depth_limit)
      wrong(node, "nested deeper than " + std::to_string(yaml_depth_limit) + " levels");
    if (wants_key()) wrong(node, "a key must be a text; found " + found(node));
    unfinished.push_back({std::move(node), {}, {}});
  }

  void close() {
    Yaml node = std::move(unfinished.back().node);
    unfinished.pop_back();
    add(std::move(node));
  }

  bool wants_key() const {
    return !unfinished.empty() && unfinished.back().node.is == Yaml::map && !unfinished.back().key;
  }

  void add(Yaml node) {
    if (unfinished.empty()) {
      root = std::move(node);
      return;
    }
    Open &parent = unfinished.back();
    if (parent.node.is == Yaml::list) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      add_key(parent, std::move(node));
    } else {
      if (node.is == Yaml::nothing) { // its mark is that of whatever comes next in the file
        node.line = parent.key->line;
        node.column = parent.key->column;
      }
      parent.node.entries.push_back({std::move(*parent.key), std::move(node)});
      parent.key.reset();
    }
  }

  void add_key(Open &parent, Yaml key) {
    if (key.is != Yaml::text) wrong(key, "a key must be a text; found " + found(key));
    auto [earlier, is_new] = parent.lines.emplace(key.scalar, key.line);
    if (!is_new)
      wrong(key, "duplicate key " + found(key) + "; it is in line " + std::to_string(earlier->second) +
                     " already");
    parent.key = std::move(key);
  }

  Places places;
  std::shared_ptr<const std::string> file;
  std::vector<Open> unfinished;
};

/// What to do about the commonest mistakes that YAML's own messages do not name.
std::string hint(const std::string &text, const YAML::Mark &mark) {
  size_t at = mark.is_null() ? text.size() : std::min(static_cast<size_t>(mark.pos), text.size());
  if (at < text.size() && (text[at] == '@' || text[at] == '`'))
    return std::string("; a text that begins with ") + text[at] + " must be in quotes";
  size_t start = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  if (text.substr(start, text.find('\n', at) - start).find("${") != std::string::npos)
    return "; between { } or [ ] a parameter must be in quotes: \"${name}\"";
  return "";
}

} // namespace

const Yaml *Yaml::find(std::string_view key) const {
  for (const YamlEntry &entry : entries)
    if (entry.key.scalar == key) return &entry.value;
  return nullptr;
}

Yaml parse_yaml(const std::string &whole, const std::string &file) {
  Yaml start;
  start.file = std::make_shared<const std::string>(file);
  if (whole.size() > yaml_size_limit)
    wrong(start, "too large; expected at most " + human_size(yaml_size_limit));
  const std::string text = whole.starts_with("\xef\xbb\xbf") ? whole.substr(3) : whole;
  check_characters(text, start);

  std::istringstream stream(text);
  TreeBuilder tree(text, start.file);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(tree)) {}
  } catch (const YAML::Exception &error) {
    wrong(Places(text).at(error.mark, start.file), "not YAML: " + error.msg + hint(text, error.mark));
  }
  if (!tree.root || tree.root->is == Yaml::nothing) wrong(start, "the file is empty");
  return std::move(*tree.root);
}

void wrong(const Yaml &at, const std::string &what) {
  throw Misuse(*at.file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + what);
}

std::string found(const Yaml &node) {
  if (node.is == Yaml::list) return "a list";
  if (node.is == Yaml::map) return "a mapping";
  if (node.is == Yaml::nothing) return "nothing";
  constexpr size_t enough = 60;
  if (node.scalar.size() <= enough) return "\"" + node.scalar + "\"";
  size_t cut = enough;
  while ((static_cast<u8>(node.scalar[cut]) & 0xc0) == 0x80) cut--;
  return "\"" + node.scalar.substr(0, cut) + "...\"";
}

} // namespace lab
