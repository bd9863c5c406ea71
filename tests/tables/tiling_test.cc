// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rows of every structure of constant size tile it: no bit without a row, and no bit with two
// unless a row says that it shares. So nothing on a disk is out of a scenario's reach, and no edit
// changes a second field unawares.
#include <set>

#include <gtest/gtest.h>

#include "formats/all.h"

using namespace lab;

namespace {

void collect(const Struct &type, std::set<const Struct *> &found) {
  if (!found.insert(&type).second) return;
  for (const Edge &edge : type.edges)
    if (edge.type) collect(*edge.type, found);
}

std::set<const Struct *> all_structs() {
  std::set<const Struct *> found;
  collect(disk_struct(), found);
  for (const Format &format : all_formats()) collect(*format.type, found);
  return found;
}

bool is_constant(const Field &field) {
  bool constant = field.count.constant() && field.stride.constant() && !field.when.field;
  for (int i = 0; i < field.slice_count; i++)
    constant &= field.slices[i].at.constant() && field.slices[i].width.constant();
  return constant;
}

/// How many rows each bit has, those that share left out.
std::vector<int> rows_on_each_bit(const Struct &type) {
  std::vector<int> rows(static_cast<size_t>(type.size.add) * 8);
  for (const Field &field : type.fields) {
    if (field.alias || field.is_view()) continue;
    for (i64 element = 0; element < (field.array ? field.count.add : 1); element++)
      for (int i = 0; i < field.slice_count; i++)
        for (i64 bit = 0; bit < field.slices[i].width.add; bit++)
          rows.at(static_cast<size_t>(field.slices[i].at.add + element * field.stride.add + bit))++;
  }
  return rows;
}

bool has_constant_rows(const Struct &type) {
  for (const Field &field : type.fields)
    if (!is_constant(field)) return false;
  return type.size.constant() && type.size.add > 0;
}

} // namespace

TEST(tables, rows_tile_every_structure_of_constant_size) {
  size_t checked = 0;
  for (const Struct *type : all_structs()) {
    if (!has_constant_rows(*type)) continue;
    checked++;
    std::vector<int> rows = rows_on_each_bit(*type);
    for (size_t bit = 0; bit < rows.size(); bit++)
      if (rows[bit] != 1) {
        ADD_FAILURE() << type->name << " byte " << bit / 8 << " bit " << bit % 8 << ": " << rows[bit]
                      << " rows, expected 1";
        break;
      }
  }
  EXPECT_GT(checked, 10u);
}

TEST(tables, every_structure_is_sound_and_names_its_source) {
  for (const Struct *type : all_structs()) {
    EXPECT_TRUE(sound(*type)) << type->name;
    EXPECT_TRUE(type->fields.empty() || *type->source) << type->name << " names no document";
    EXPECT_TRUE(*type->meaning) << type->name;
  }
}
