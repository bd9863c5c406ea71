// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of keys. A key is a row here and a line where scenario.cc reads it; checks, schema and the
// editors' hover texts need no more.
#include "edit/keys.h"

#include "edit/sweep.h"
#include "edit/verbs.h"

namespace lab {

namespace {

using enum Shape::Is;
using Keys = std::vector<KeyRow>;

Shape list_of(Shape element) {
  Shape shape = list;
  shape.of = {std::move(element)};
  return shape;
}
Shape names_to(Shape element) {
  Shape shape = named;
  shape.of = {std::move(element)};
  return shape;
}
Shape one_of(std::vector<std::string> words) {
  Shape shape = word;
  shape.words = std::move(words);
  return shape;
}
Shape a(const char *one, std::vector<Keys> variants) {
  Shape shape = mapping;
  shape.variants = std::move(variants);
  shape.one = one;
  return shape;
}
Shape either(Shape plain, Shape detailed) {
  detailed.or_else = {std::move(plain)};
  return detailed;
}

Shape new_value() {
  Keys was = {{"was", integer, true, "the old value plus this number", {"-2048"}}};
  Keys past = {
      {"past", text, true,
       "a unit that the field counts, like cluster: the first number that is past the end"},
      {"by", integer, false, "added to that number; 0 if it is left out", {"1"}},
  };
  Keys at = {
      {"at", text, true,
       "the number that points to: self, free, last, a file (/dir/a.txt), or a path, from the volume or from the disk",
       {"self", "free", "last", "mft", "mirror", "boot"}},
  };
  return either(value, a("new value", {was, past, at}));
}

Shape argument_shape(Takes takes) {
  switch (takes) {
  case Takes::value: return new_value();
  case Takes::number: return integer;
  case Takes::hex: return hex;
  case Takes::path: return text;
  }
  return text;
}

/// "copy: a, from: b" as it stands in a list of edits.
std::string as_row(std::string_view example) {
  std::string row = "- ";
  for (size_t comma; (comma = example.find(", ")) != std::string_view::npos; example.remove_prefix(comma + 2))
    row += std::string(example.substr(0, comma)) + "\n  ";
  return row + std::string(example);
}

/// One variant a verb: the verb with its place, its arguments, and what all edits share.
Shape edits() {
  std::vector<Keys> variants;
  for (const Verb &verb : all_verbs()) {
    Keys rows = {
        {verb.name, place, true, std::string(verb.meaning) + "; for example:\n" + as_row(verb.example)}};
    for (const Argument &argument : verb.arguments)
      rows.push_back({argument.name, argument_shape(argument.takes), argument.required, argument.meaning});
    rows.push_back({"seal", one_of({"recompute", "stale", "broken"}), false,
                    "sums over what changes: recomputed (the default), left as they were, or made wrong"});
    rows.push_back({"copies", one_of({"named", "backup", "all"}), false,
                    "the place as written (the default), its mirrors instead, or both"});
    variants.push_back(rows);
  }
  return list_of(a("edit", variants));
}

Shape parameters() {
  Keys rows = {
      {"default", value, true, "the value without -D"},
      {"min", integer, false, "the smallest number allowed"},
      {"max", integer, false, "the largest number allowed"},
      {"choices", list_of(value), false, "the only values allowed"},
      {"help", text, false, "what it changes, in a few words"},
  };
  return names_to(a("parameter", {rows}));
}

Shape sweep() {
  Keys rows = {
      {"fields", place, true, "which fields, as a path with stars or slices", {"ntfs.boot.*"}},
      {"verbs", list_of(one_of(sweep_verbs())), false, "how they are changed; in every way if it is left out"},
  };
  return a("sweep", {rows});
}

Shape needs() {
  KeyRow why = {"why", text, true,
                "said when the image does not have it: what is missing, and how to get it"};
  Keys exists = {
      {"exists", place, true, "a place that must be there", {"ntfs.mft[\"/hiberfil.sys\"]"}},
      why,
  };
  Keys is = {
      {"value", place, true, "a field that must have the value `is`", {"ntfs.boot.record_size"}},
      {"is", text, true, "the value: a number, a name, or text"},
      why,
  };
  return list_of(a("need", {exists, is}));
}

Shape prepare() {
  Keys rows = {
      {"put", text, true, "the file's path in the volume", {"/hiberfil.sys"}},
      {"volume", text, true, "the volume's format", {"ntfs"}},
      {"head", text, false, "its first bytes, as text; zeroes follow", {"hibr"}},
      {"size", size, true, "its size", {"4KiB"}},
  };
  return list_of(a("file", {rows}));
}

Shape verdicts() {
  Keys rows = {
      {"says", text, false, "what the tool claims: clean, detected, repaired, refused ..."},
      {"data", either(text, names_to(text)), false,
       "what became of the files, as measured: intact, partial, lost, altered; or file by file"},
      {"restores", list_of(text), false, "the fields that have their old value again afterwards"},
      {"reason", text, false, "why the tool behaves so"},
      {"known_bug", text, false, "where this wrong behaviour is reported", {"https://example.org/bugs/1"}},
  };
  return names_to(either(text, a("verdict", {rows})));
}

Keys scenario_keys() {
  return {
      {"title", text, true, "the fault in one sentence", {"The first 4 KiB of the partition are zero"}},
      {"why", text, false, "why the fault matters, and what it proves about a tool"},
      {"target", text, false, "what it is for: who meets this fault, and which tools it exercises"},
      {"image", text, false, "the base disk that the expectations were observed on", {"ntfs-64m"}},
      {"sources", list_of(text), false, "where the fault was met or described: links"},
      {"tags", list_of(text), false, "words to select scenarios by"},
      {"parameters", parameters(), false, "what -D name=value may change; used below as ${name}"},
      {"variants", names_to(names_to(value)), false, "kinds of this fault, by name: values for the parameters; --variant chooses one"},
      {"needs", needs(), false, "what the image must have, checked before anything else", {}, true},
      {"prepare", prepare(), false, "files that --prepare puts into the volume first", {}, true},
      {"sweep", sweep(), false, "instead of edits: every field that a pattern fits, changed in every way, each a variant"},
      {"edits", edits(), true, "the changes; every place is found before the first one is made", {}, true, "sweep"},
      {"then",
       edits(),
       false,
       "changes whose places are found after the edits, through the damage",
       {},
       true},
      {"expect", verdicts(), false,
       "by tool: what it says about the damaged disk, and what happens to the data"},
  };
}

} // namespace

const Shape &scenario_shape() {
  static const Shape shape = a("scenario", {scenario_keys()});
  return shape;
}

Shape new_value_shape() { return new_value(); }

} // namespace lab
