// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the rows of a structure have known places, they tile it: no bit without a row, and no bit with
// two unless a row says that it shares. So nothing on a disk is out of a scenario's reach, and no edit
// changes a second field unawares.
#include <set>
#include <string>

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

/// What a sibling may hold that rows of constant size lie by.
struct Given {
  const char *type;
  const char *field;
  i64 value;
};
constexpr Given givens[] = {{"fat12.link", "odd", 0}, {"fat12.link", "odd", 1}};

/// A structure that goes on to the end of its space is tried with so many bytes: whole elements of any
/// table that is packed in bits.
constexpr i64 bytes_of_an_endless_one = 48;

bool is_known(const Num &num, const Given *given) {
  return num.constant() || (given && same(num.field, given->field));
}
i64 amount(const Num &num, const Given *given) {
  return num.add + (num.constant() ? 0 : num.mul * given->value);
}

bool is_known(const Field &field, const Given *given) {
  bool known = field.count.constant() && field.stride.constant() && !field.when.field;
  for (int i = 0; i < field.slice_count; i++)
    known &= is_known(field.slices[i].at, given) && is_known(field.slices[i].width, given);
  return known;
}

bool is_known(const Struct &type, const Given *given) {
  bool endless = false;
  for (const Field &field : type.fields) {
    if (!is_known(field, given)) return false;
    endless |= field.to_the_end;
  }
  return type.size.constant() && (type.size.add > 0 || endless);
}

i64 bits_in(const Struct &type) { return 8 * (type.size.add > 0 ? type.size.add : bytes_of_an_endless_one); }

i64 elements(const Field &field, i64 bits) {
  if (!field.array) return 1;
  return field.to_the_end ? (bits - field.slices[0].at.add - field.slices[0].width.add) / field.stride.add + 1
                          : field.count.add;
}

/// How many rows each bit has, those that share left out.
std::vector<int> rows_on_each_bit(const Struct &type, const Given *given) {
  std::vector<int> rows(static_cast<size_t>(bits_in(type)));
  for (const Field &field : type.fields) {
    if (field.alias || field.is_view()) continue;
    for (i64 element = 0; element < elements(field, bits_in(type)); element++)
      for (int i = 0; i < field.slice_count; i++)
        for (i64 bit = 0; bit < amount(field.slices[i].width, given); bit++)
          rows.at(
              static_cast<size_t>(amount(field.slices[i].at, given) + element * field.stride.add + bit))++;
  }
  return rows;
}

/// The first bit that does not have one row.
void expect_tiled(const Struct &type, const Given *given = nullptr) {
  std::vector<int> rows = rows_on_each_bit(type, given);
  for (size_t bit = 0; bit < rows.size(); bit++)
    if (rows[bit] != 1) {
      ADD_FAILURE() << type.name << " byte " << bit / 8 << " bit " << bit % 8 << ": " << rows[bit]
                    << " rows, expected 1";
      return;
    }
}

} // namespace

TEST(tables, rows_tile_every_structure_whose_rows_have_their_places) {
  std::set<std::string> tiled;
  for (const Struct *type : all_structs()) {
    if (is_known(*type, nullptr)) {
      expect_tiled(*type);
      tiled.insert(type->name);
    }
    for (const Given &given : givens)
      if (same(given.type, type->name) && is_known(*type, &given)) {
        expect_tiled(*type, &given);
        tiled.insert(type->name);
      }
  }
  for (const char *name :
       {"mbr",         "mbr.entry",   "ebr",         "ebr.entry",   "gpt.header",  "gpt.entry",
        "fat.boot",    "fat.label",   "fat.lfn",     "fat12.entry", "fat12.link",  "fat12.table",
        "fat16.entry", "fat16.link",  "fat16.table", "fat32.boot",  "fat32.entry", "fat32.fsinfo",
        "fat32.link",  "fat32.table", "ntfs.boot"})
    EXPECT_TRUE(tiled.contains(name)) << name << " was not checked";
}

TEST(tables, every_structure_is_sound_and_names_its_source) {
  for (const Struct *type : all_structs()) {
    EXPECT_TRUE(sound(*type)) << type->name;
    EXPECT_TRUE(type->fields.empty() || *type->source) << type->name << " names no document";
    EXPECT_TRUE(*type->meaning) << type->name;
  }
}
