// SPDX-License-Identifier: GPL-2.0-or-later
//
// A name stands twice: as $FILE_NAME in the file's record, and as a key in the index of the directory that it names.
// A driver goes by the index, and repairers compare the two.
#include "formats/ntfs/listed_name.h"

#include "formats/ntfs/index.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

std::optional<Node> listed(const Node &record, const Node &name) {
  Node directory = record_at(record, number(name, "parent_record"));
  std::optional<Node> entry = entry_by_descent(directory, name.label);
  if (!entry) // the tree may not lead to it, but it may be there
    each_index_entry(directory, [&](Node one) {
      if (one.label == name.label) entry = std::move(one);
      return !entry;
    });
  return entry ? edge_named(*entry->type, "file_name")->find(*entry, Key{}) : std::nullopt;
}

} // namespace

void each_listed_name(const Node &record, const Visit &visit) {
  u64 n = 0;
  std::optional<Damage> damage;
  bool go_on = true;
  edge_named(tables::record, "file_name")->each(record, [&](const Node &name) {
    std::string step = keyed("listed_name", n++);
    try {
      std::optional<Node> copy = listed(record, name);
      if (!copy) damaged(name, 0, "no entry of its directory, record " + std::to_string(number(name, "parent_record")) + ", has this name");
      copy->name = step;
      copy->label = name.label;
      copy->parent = std::make_shared<const Node>(record);
      go_on = visit(std::move(*copy));
    } catch (const Damage &error) {
      if (!damage) damage = error;
    }
    return go_on;
  });
  if (go_on && damage) throw *damage;
}

} // namespace lab::ntfs
