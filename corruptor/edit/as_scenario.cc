// SPDX-License-Identifier: GPL-2.0-or-later
//
// A difference as a scenario. What is written must come back when it is read, so each value is parsed as a
// scenario's would be, and if that does not give the very bits, bytes are written instead.
#include <algorithm>

#include <fmt/format.h>

#include "edit/difference.h"
#include "edit/yaml.h"

namespace lab {

namespace {

std::string quoted(const std::string &text) {
  std::string result = "'";
  for (char c : text) result.append(c == '\'' ? 2 : 1, c);
  return result + "'";
}

/// The value as a scenario would say it; none if that is not the value.
std::optional<std::string> value_text(const Difference &difference) {
  const Field &field = *difference.target.field;
  try {
    Value value = decode(field.kind, difference.new_bits);
    const Bytes *bytes = std::get_if<Bytes>(&value);
    const std::string *text = std::get_if<std::string>(&value);
    std::string said = bytes ? hex(*bytes) : text ? *text : show(field, value);
    bool printable = std::ranges::all_of(said, [](char c) { return static_cast<u8>(c) >= 0x20 && static_cast<u8>(c) < 0x7f; });
    if (printable && encode(field, parse_value(field, said), difference.new_bits.width) == difference.new_bits) return said;
  } catch (const Error &) {
    // a value that the field's own rules refuse
  }
  return std::nullopt;
}

std::string set_field(const Difference &difference) {
  std::string path = quoted(path_of(difference.target));
  std::optional<std::string> value = value_text(difference);
  std::string edit = value ? fmt::format("  - set: {}\n    to: {}\n", path, quoted(*value))
                           : fmt::format("  - write: {}\n    bytes: {}\n", path, quoted(hex(difference.new_bits.bytes)));
  edit += "    seal: stale\n";
  return edit + fmt::format("    # it was {}\n", difference.before.substr(0, 80));
}

std::string write_bytes(const Space &after, Extent run) {
  Bytes bytes = bytes_at(after, run.at, run.length);
  std::string path = quoted(fmt::format("@{}+{}", hex_offset(run.at), run.length));
  if (std::ranges::all_of(bytes, [&](u8 byte) { return byte == 0; })) return fmt::format("  - zero: {}\n", path);
  return fmt::format("  - write: {}\n    bytes: {}\n", path, quoted(hex(bytes)));
}

/// Runs that touch, as one.
void each_joined(const Space &before, const Space &after, Extent range, const std::function<void(Extent)> &take) {
  Extent open{0, 0};
  for (u64 at = range.at; at < range.end(); at++) {
    if (bytes_at(before, at, 1) == bytes_at(after, at, 1)) continue;
    if (open.length > 0 && at - open.end() < 16) {
      open.length = at + 1 - open.at;
    } else {
      if (open.length > 0) take(open);
      open = {at, 1};
    }
  }
  if (open.length > 0) take(open);
}

} // namespace

std::string as_scenario(const Node &root, const Space &before, const Space &after, const std::string &title) {
  std::string text = fmt::format("title: {}\nedits:\n", quoted(title));
  bool empty = true;
  each_difference(root, before, after, all_of(before, after), [&](const Difference &difference) {
    empty = false;
    if (difference.target.field) text += set_field(difference);
    else
      each_joined(before, after, difference.extent, [&](Extent run) { text += write_bytes(after, run); });
    if (text.size() > yaml_size_limit)
      throw Misuse(fmt::format("the disks differ in too much for a scenario, which holds at most {}; a range can be "
                               "copied from the other disk: copy, from, donor",
                               human_size(yaml_size_limit)));
  });
  if (empty) throw Misuse("the disks are the same; there is nothing to make a scenario of");
  return text;
}

} // namespace lab
