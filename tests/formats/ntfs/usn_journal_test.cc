// SPDX-License-Identifier: GPL-2.0-or-later
//
// The change journal, checked against sleuthkit's usnjls.
#include "special.h"

namespace lab::ntfs_test {
namespace {

std::unique_ptr<Volume> make_with_journal() {
  std::unique_ptr<Volume> volume = make_special_volume();
  put_journal_in_place(*volume);
  return volume;
}

std::vector<Node> records(const Volume &volume) {
  std::vector<Node> all;
  Node journal = at(open_volume(volume.disk), "ntfs.usn_journal").node;
  edge_named(*journal.type, "record")->each(journal, [&](Node record) {
    all.push_back(std::move(record));
    return true;
  });
  return all;
}

TEST(ntfs_usn, records_of_both_versions_are_found_behind_the_hole) {
  std::unique_ptr<Volume> volume = make_with_journal();
  std::vector<Node> all = records(*volume);
  ASSERT_EQ(all.size(), 3u);
  for (const Node &record : all) {
    EXPECT_EQ(number(record, "usn"), record.at);
    EXPECT_EQ(number(record, "record"), 64u);
    EXPECT_EQ(number(record, "parent_record"), 5u);
    EXPECT_EQ(number(record, "security_id"), 257u);
    EXPECT_EQ(all_notes(record), "");
  }
  EXPECT_EQ(number(all[2], "major_version"), 3u);
  EXPECT_EQ(all[2].label, "gone.txt");
  Node ntfs = open_volume(volume->disk);
  EXPECT_EQ(text_at(ntfs, "ntfs.usn_journal.record[\"gone.txt\"].name"), "gone.txt");
  EXPECT_EQ(number_at(ntfs, "ntfs.usn_journal.record[1].reason"), 0x80000100u);
  EXPECT_EQ(number_at(ntfs, "ntfs.usn_journal.max.maximum_size"), 32u << 20);
}

TEST(ntfs_usn, usnjls_reads_the_same) {
  std::unique_ptr<Volume> volume = make_with_journal();
  // ntfs-3g gives every file an unnamed stream, and usnjls reads that; so it is asked of a file with the same
  // bytes.
  u64 file = number_at(open_volume(volume->disk), "ntfs.mft[\"/$Extend/other\"].record_number");
  std::string said = output_of({"usnjls", "-l", volume->file, std::to_string(file)});
  for (const Node &record : records(*volume)) {
    if (number(record, "major_version") != 2) continue; // all that usnjls knows
    auto number_text = [&](const char *field) { return std::to_string(number(record, field)); };
    for (std::string line :
         {"Reference Number: " + number_text("record") + "-" + number_text("sequence"),
          "Parent Reference Number: " + number_text("parent_record") + "-" + number_text("parent_sequence"),
          "Update Sequence Number: " + number_text("usn"), "Length: " + number_text("length"),
          "Security Id: " + number_text("security_id"), "Name: " + record.label})
      EXPECT_TRUE(contains(said, line + "\n")) << line << "\n" << said;
  }
  EXPECT_TRUE(contains(said, "Reason: FILE_CREATE CLOSE")) << said;
  const Field &reason = *field_named(*records(*volume)[1].type, "reason");
  EXPECT_EQ(symbol(reason, u64{0x80000100}), "file_create|close");
}

TEST(ntfs_usn, a_record_with_a_wrong_length_hides_its_own_page_only) {
  std::unique_ptr<Volume> volume = make_with_journal();
  set(*volume, "ntfs.usn_journal.record[0].length", u64{12});
  std::vector<std::string> names;
  Node journal = at(open_volume(volume->disk), "ntfs.usn_journal").node;
  std::string error = thrown_by<Damage>([&] {
    edge_named(*journal.type, "record")->each(journal, [&](Node record) {
      names.push_back(record.label);
      return true;
    });
  });
  EXPECT_TRUE(contains(error, "length is 12, expected 60 to 4096")) << error;
  EXPECT_EQ(names, (std::vector<std::string>{"made.txt", "gone.txt"}));
}

} // namespace
} // namespace lab::ntfs_test
