// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every table of the format, those of variants too that no edge names as its own: the rows at fixed places
// tile the start of the structure, once for each set of rows that a condition brings in.
#include <set>

#include <gtest/gtest.h>

#include "formats/ntfs/tables.h"

namespace lab::ntfs {
namespace {

using namespace tables;

const Struct *const all[] = {
    &boot,
    &record,
    &attribute,
    &packed_attribute,
    &chunk,
    &standard_information,
    &short_standard_information,
    &file_name,
    &object_id,
    &short_object_id,
    &volume_information,
    &ea_information,
    &reparse_point,
    &symlink,
    &mount_point,
    &ea,
    &efs,
    &efs_key,
    &security_descriptor,
    &sid,
    &acl,
    &ace,
    &object_ace,
    &attribute_list_entry,
    &index_root,
    &index_entry,
    &view_entry,
    &sii_entry,
    &sdh_entry,
    &object_id_entry,
    &owner_entry,
    &quota_entry,
    &reparse_entry,
    &security_key,
    &hash_key,
    &object_key,
    &object_data,
    &owner,
    &quota,
    &reparse_key,
    &sds_entry,
    &security_header,
    &restart_page,
    &restart_area,
    &log_client,
    &log_page,
    &log_record,
    &log_action,
    &checkpoint,
    &usn_maximum,
    &usn_record,
    &usn_record_3,
    &attribute_definition,
    &upcase_information,
    &hiberfile,
};

using Condition = std::pair<std::string, u64>;

std::set<Condition> conditions(const Struct &type) {
  std::set<Condition> found = {{"", 0}};
  for (const Field &field : type.fields)
    if (field.when.field) found.insert({field.when.field, field.when.value});
  return found;
}

bool is_there(const Field &field, const Condition &condition) {
  return !field.when.field || (field.when.field == condition.first && field.when.value == condition.second);
}

bool is_fixed(const Field &field) {
  if (field.alias || field.is_view() || field.array) return false;
  for (int i = 0; i < field.slice_count; i++)
    if (!field.slices[i].at.constant() || !field.slices[i].width.constant()) return false;
  return true;
}

TEST(ntfs_tables, rows_at_fixed_places_tile_the_start_of_every_structure) {
  for (const Struct *type : all)
    for (const Condition &condition : conditions(*type)) {
      std::map<i64, i64> rows; // from the first bit to the one after the last
      for (const Field &field : type->fields)
        if (is_fixed(field) && is_there(field, condition))
          for (int i = 0; i < field.slice_count; i++) {
            bool is_first =
                rows.emplace(field.slices[i].at.add, field.slices[i].at.add + field.slices[i].width.add)
                    .second;
            EXPECT_TRUE(is_first) << type->name << "." << field.name << " starts where another row does";
          }
      i64 expected = 0;
      for (const auto &[first, end] : rows) {
        EXPECT_EQ(first, expected) << type->name << ", where " << condition.first << " is "
                                   << condition.second;
        expected = end;
      }
      if (type->size.constant() && type->size.add > 0 && condition.first.empty()) {
        EXPECT_LE(expected, type->size.add * 8) << type->name;
      }
    }
}

TEST(ntfs_tables, every_structure_is_sound_and_every_row_is_named_as_in_its_document) {
  for (const Struct *type : all) {
    EXPECT_TRUE(sound(*type)) << type->name;
    EXPECT_TRUE(*type->source) << type->name;
    for (const Field &field : type->fields)
      EXPECT_TRUE(*field.spec || field.reserved || field.is_view() || field.alias)
          << type->name << "." << field.name;
  }
}

} // namespace
} // namespace lab::ntfs
