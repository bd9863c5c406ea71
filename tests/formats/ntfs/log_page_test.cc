// SPDX-License-Identifier: GPL-2.0-or-later
//
// Log records. What Windows wrote is compared with what ntfsrecover reads of it in
// tests/python/test_ntfs_tables.py.
#include "journal.h"

#include "formats/all.h"
#include "schema/whose.h"

namespace lab::ntfs_test {
namespace {

std::vector<Node> records(const Volume &volume, u64 page) {
  std::vector<Node> all;
  Node node = at(open_volume(volume.disk), "ntfs.logfile." + keyed("page", page)).node;
  edge_named(*node.type, "record")->each(node, [&](Node record) {
    all.push_back(std::move(record));
    return true;
  });
  return all;
}

TEST(ntfs_log_page, only_pages_that_were_written_are_shown) {
  std::unique_ptr<Volume> volume = make_with_log_records();
  Node logfile = at(open_volume(volume->disk), "ntfs.logfile").node;
  std::vector<std::string> names;
  edge_named(*logfile.type, "page")->each(logfile, [&](Node page) {
    names.push_back(page.name);
    EXPECT_EQ(all_notes(page), "");
    return true;
  });
  EXPECT_EQ(names, (std::vector<std::string>{"page[4]", "page[5]"}));
  EXPECT_EQ(number_at(open_volume(volume->disk), "ntfs.logfile.page[4].fixup.usn"), 0x1234u);
}

TEST(ntfs_log_page, a_byte_of_an_action_is_named_and_no_other_page_is_looked_at) {
  std::unique_ptr<Volume> volume = make_with_log_records();
  Node ntfs = open_volume(volume->disk);
  u64 place = extents_of(at(ntfs, "ntfs.logfile.page[4].record[0].action.target_vcn"))[0].at;
  std::vector<Owner> owners = Whose(open_disk(volume->disk))(place);
  EXPECT_EQ(path_of(owners[0].target), "ntfs.logfile.page[4].record[0].action.target_vcn");
  Node logfile = at(ntfs, "ntfs.logfile").node;
  std::vector<std::string> names;
  auto name = [&](Node page) { names.push_back(page.name); return true; };
  edge_named(*logfile.type, "page")->owners(logfile, place, name);
  EXPECT_EQ(names, (std::vector<std::string>{"page[4]"}));
  edge_named(*logfile.type, "page")->owners(logfile, place + 2 * 4096, name); // never written
  edge_named(*logfile.type, "page")->owners(logfile, disk_offset(logfile), name); // a restart page
  edge_named(*logfile.type, "page")->owners(logfile, 0, name); // not in the journal
  EXPECT_EQ(names.size(), 1u);
}

TEST(ntfs_log_page, an_action_says_what_it_did_to_what) {
  std::unique_ptr<Volume> volume = make_with_log_records();
  Node ntfs = open_volume(volume->disk);
  std::string record = "ntfs.logfile.page[4].record[0]";
  EXPECT_EQ(number_at(ntfs, record + ".this_lsn"), lsn_at(4, 0x40));
  EXPECT_EQ(number_at(ntfs, record + ".action.redo_operation"), 5u);
  EXPECT_EQ(number_at(ntfs, record + ".action.target_vcn"), 7u);
  EXPECT_EQ(number_at(ntfs, record + ".action.lcn[0]"), 1234u);
  EXPECT_EQ(number_at(ntfs, record + ".action.redo.length"), 0x20u);
  EXPECT_TRUE(contains(thrown_by<Misuse>([&] { at(ntfs, record + ".action.undo"); }), "has no undo"));
  EXPECT_TRUE(contains(thrown_by<Misuse>([&] { at(ntfs, record + ".checkpoint"); }), "has no checkpoint"));
}

TEST(ntfs_log_page, a_record_goes_on_in_the_next_page_behind_its_fixups) {
  std::unique_ptr<Volume> volume = make_with_log_records();
  Node ntfs = open_volume(volume->disk);
  std::string record = "ntfs.logfile.page[4].record[1]";
  EXPECT_EQ(number_at(ntfs, record + ".flags"), 1u);
  Bytes redo = std::get<Bytes>(value_at(ntfs, record + ".action.redo.data"));
  ASSERT_EQ(redo.size(), 5000u);
  for (u64 i = 0; i < redo.size(); i++) ASSERT_EQ(redo[i], static_cast<u8>(i)) << i;
  EXPECT_EQ(records(*volume, 4).size(), 2u);
}

TEST(ntfs_log_page, a_copy_of_a_page_has_its_own_bytes_and_goes_on_where_the_original_does) {
  std::unique_ptr<Volume> volume = make_with_log_records();
  u64 start = disk_offset(at(open_volume(volume->disk), "ntfs.logfile").node);
  volume->disk->write(start + 2 * 4096, bytes_at(*volume->disk, start + 4 * 4096, 4096));
  Node copy = records(*volume, 2).at(1), original = records(*volume, 4).at(1);
  EXPECT_EQ(disk_offset(copy), start + 2 * 4096 + 0xb8);
  EXPECT_EQ(disk_offset(original), start + 4 * 4096 + 0xb8);
  EXPECT_EQ(disk_offset(copy, 4500), disk_offset(original, 4500));
  EXPECT_EQ(bytes_at(*copy.space, 0, size_of(copy)), bytes_at(*original.space, 0, size_of(original)));
}

TEST(ntfs_log_page, the_first_record_after_the_end_of_another_is_found) {
  std::unique_ptr<Volume> volume = make_with_log_records();
  Node ntfs = open_volume(volume->disk);
  ASSERT_EQ(records(*volume, 5).size(), 1u);
  EXPECT_EQ(number_at(ntfs, "ntfs.logfile.page[5].record[0].checkpoint.analysis_lsn"), lsn_at(4, 0x40));
  EXPECT_EQ(number_at(ntfs, "ntfs.logfile.page[5].record[0].checkpoint.dirty_pages_length"), 0x28u);
}

TEST(ntfs_log_page, a_record_longer_than_the_journal_is_noted_and_hides_no_other_page) {
  std::unique_ptr<Volume> volume = make_with_log_records();
  set(*volume, "ntfs.logfile.page[4].record[0].client_data_length", u64{0xffffffff});
  Node first = records(*volume, 4).at(0);
  EXPECT_TRUE(contains(all_notes(first), "client_data_length is more than the journal has"));
  std::string error =
      thrown_by<Damage>([&] { at(open_volume(volume->disk), "ntfs.logfile.page[4].record[0].action"); });
  EXPECT_TRUE(contains(error, "client_data_length is 4294967295, which leaves the journal")) << error;
  EXPECT_EQ(records(*volume, 5).size(), 1u);
}

TEST(ntfs_log_page, a_page_that_lost_its_magic_has_no_records) {
  std::unique_ptr<Volume> volume = make_with_log_records();
  set(*volume, "ntfs.logfile.page[4].magic", std::string("XXXX"));
  EXPECT_TRUE(contains(thrown_by<Damage>([&] { records(*volume, 4); }), "magic is not \"RCRD\""));
}

} // namespace
} // namespace lab::ntfs_test
