// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tree as text: one line a field, its value, its name, its meaning; damage in red where it was met.
#include <fmt/format.h>

#include "show/show.h"

namespace lab {

namespace {

std::string painted(const char *code, const std::string &text, bool colour) {
  return colour ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
}

void put_field(std::string &out, const ShownField &shown, const std::string &indent, const Style &style) {
  const Field &field = *shown.field;
  std::string label = field.array ? keyed(field.name, shown.index) : std::string(field.name);
  if (!shown.damage.empty()) {
    out += fmt::format("{}{:<24} {}\n", indent, label, style.red("damage: " + shown.damage));
    return;
  }
  std::string value = show(field, shown.value);
  std::string name = symbol(field, shown.value);
  if (!name.empty()) value += " (" + name + ")";
  std::string place = shown.extents.empty() ? "computed" : hex_offset(shown.extents[0].at);
  out += fmt::format("{}{:<24} {:<28} {}\n", indent, label, value, style.dim(fmt::format("{:>10}  {}", place, field.meaning)));
}

void put(std::string &out, const Shown &shown, int depth, const Style &style) {
  std::string indent(static_cast<size_t>(depth) * 2, ' ');
  std::string title = shown.path.empty() ? "disk" : shown.path;
  if (!shown.damage.empty() && shown.fields.empty()) {
    out += fmt::format("{}{}  {}\n", indent, style.bold(title), style.red("damage: " + shown.damage));
    return;
  }
  out += fmt::format("{}{}  {}\n", indent, style.bold(title),
                     style.dim(fmt::format("{} at {}, {}", shown.type->meaning, hex_offset(shown.at), human_size(shown.size))));
  if (!shown.damage.empty()) out += fmt::format("{}  {}\n", indent, style.red("damage: " + shown.damage));
  for (const std::string &note : shown.notes) out += fmt::format("{}  {}\n", indent, style.red("note: " + note));
  for (const ShownField &field : shown.fields) put_field(out, field, indent + "  ", style);
  for (const Shown &one : shown.children) put(out, one, depth + 1, style);
  for (const ShownEdge &edge : shown.edges)
    out += fmt::format("{}  {:<24} {}\n", indent, "." + edge.name, style.dim(edge.meaning));
}

} // namespace

std::string Style::dim(const std::string &text) const { return painted("2", text, colour); }
std::string Style::bold(const std::string &text) const { return painted("1", text, colour); }
std::string Style::red(const std::string &text) const { return painted("31", text, colour); }
std::string Style::green(const std::string &text) const { return painted("32", text, colour); }

std::string to_text(const Shown &shown, const Style &style) {
  std::string out;
  put(out, shown, 0, style);
  return out;
}

std::string where_text(const Answer &answer) {
  std::string out;
  for (const Extent &extent : answer.extents)
    out += answer.volume.empty()
               ? fmt::format("stored at byte {} ({}) of the disk, {} bytes\n", extent.at, hex_offset(extent.at), extent.length)
               : fmt::format("stored at byte {} ({}) of the disk = {} ({}, where {} begins) + {} ({}) in the volume, {} bytes\n",
                             extent.at, hex_offset(extent.at), answer.volume_at, hex_offset(answer.volume_at), answer.volume,
                             extent.at - answer.volume_at, hex_offset(extent.at - answer.volume_at), extent.length);
  if (answer.extents.empty()) out += "computed, stored nowhere\n";
  if (answer.points) {
    u64 there = answer.points->at;
    const char *around = answer.volume.empty() ? "disk" : "volume";
    out += fmt::format("leads to byte {} ({}) of the {} = {}\n", there, hex_offset(there), around, answer.points->arithmetic);
    if (!answer.volume.empty())
      out += fmt::format("leads to byte {} ({}) of the disk = {} (where {} begins) + {}\n", answer.volume_at + there,
                         hex_offset(answer.volume_at + there), answer.volume_at, answer.volume, there);
  }
  return out;
}

} // namespace lab
