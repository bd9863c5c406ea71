// SPDX-License-Identifier: GPL-2.0-or-later
//
// The journal's restart pages. mkntfs and ntfs-3g leave an emptied journal, so a page is written here as
// Windows does, and ntfs-3g says what it thinks of it.
#include "journal.h"

namespace lab::ntfs_test {
namespace {

TEST(ntfs_logfile, an_emptied_journal_has_no_restart_pages_to_show) {
  std::unique_ptr<Volume> volume = make_volume();
  Node logfile = at(open_volume(volume->disk), "ntfs.logfile").node;
  EXPECT_TRUE(contains(all_notes(logfile), "emptied: filled with 0xff"));
  edge_named(*logfile.type, "restart")->each(logfile, [](Node) {
    ADD_FAILURE();
    return false;
  });
}

TEST(ntfs_logfile, both_restart_pages_show_the_state_of_the_journal) {
  std::unique_ptr<Volume> volume = make_with_journal();
  Node ntfs = open_volume(volume->disk);
  u64 start = disk_offset(at(ntfs, "ntfs.logfile").node);
  for (u64 n : {0, 1}) {
    std::string page = "ntfs.logfile." + keyed("restart", n);
    EXPECT_EQ(all_notes(at(ntfs, page).node), "");
    EXPECT_EQ(disk_offset(at(ntfs, page).node), start + n * 4096);
    EXPECT_EQ(text_at(ntfs, page + ".magic"), "RSTR");
    EXPECT_EQ(number_at(ntfs, page + ".major_version"), 1u);
    EXPECT_EQ(number_at(ntfs, page + ".fixup.usn"), 13u);
    EXPECT_EQ(number_at(ntfs, page + ".area.flags"), 2u);
    EXPECT_EQ(number_at(ntfs, page + ".area.client[0].name_length"), 8u);
    EXPECT_EQ(text_at(ntfs, page + ".area.client[0].name").substr(0, 4), "NTFS");
  }
}

TEST(ntfs_logfile, a_journal_in_use_by_a_newer_version_is_what_ntfs_3g_will_not_write_over) {
  std::unique_ptr<Volume> volume = make_with_journal();
  set(*volume, "ntfs.logfile.restart[0].area.client_in_use_list", u64{0xffff});
  set(*volume, "ntfs.logfile.restart[1].area.client_in_use_list", u64{0xffff});
  volume->save();
  EXPECT_EQ(run_program({"ntfs-3g.probe", "--readwrite", volume->file}, 60).code, 0);
  for (std::string page : {"ntfs.logfile.restart[0]", "ntfs.logfile.restart[1]"}) {
    set(*volume, page + ".major_version", i64{2});
    set(*volume, page + ".minor_version", i64{0});
  }
  volume->save();
  EXPECT_NE(run_program({"ntfs-3g.probe", "--readwrite", volume->file}, 60).code, 0);
}

TEST(ntfs_logfile, an_area_that_leaves_its_page_is_damage) {
  std::unique_ptr<Volume> volume = make_with_journal();
  set(*volume, "ntfs.logfile.restart[0].restart_area_offset", u64{0x0ff8});
  std::string error =
      thrown_by<Damage>([&] { at(open_volume(volume->disk), "ntfs.logfile.restart[0].area"); });
  EXPECT_TRUE(contains(error, "restart_area_offset is 0xff8, which leaves no room")) << error;
}

TEST(ntfs_logfile, clients_that_leave_the_page_are_damage) {
  std::unique_ptr<Volume> volume = make_with_journal();
  set(*volume, "ntfs.logfile.restart[0].area.clients", u64{0xffff});
  Node area = at(open_volume(volume->disk), "ntfs.logfile.restart[0].area").node;
  int seen = 0;
  std::string error =
      thrown_by<Damage>([&] { edge_named(*area.type, "client")->each(area, [&](Node) { return ++seen; }); });
  EXPECT_TRUE(contains(error, "clients is 65535; client 24 leaves the page")) << error;
  EXPECT_EQ(seen, 24);
}

} // namespace
} // namespace lab::ntfs_test
