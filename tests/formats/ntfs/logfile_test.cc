// SPDX-License-Identifier: GPL-2.0-or-later
//
// The journal's restart pages. mkntfs and ntfs-3g leave an emptied journal, so a page is written here as
// Windows does, and ntfs-3g says what it thinks of it.
#include "image.h"

namespace lab {
namespace {

Bytes page_as_windows_writes_it() {
  Bytes page(4096, 0);
  auto put = [&](u64 at, const std::string &digits) {
    std::ranges::copy(unhex(digits), page.begin() + static_cast<i64>(at));
  };
  put(0x00, "52535452 1e00 0900 0000000000000000 00100000 00100000 3000 0100 0100"); // RSTR, 9 words at 0x1e
  put(0x1e, "0d00");
  for (u64 stride = 0; stride < 8; stride++) put(stride * 512 + 510, "0d00");
  put(0x30, "ed7d100000000000 0100 ffff 0000 0200 2d000000 e000 4000 0080280000000000 70000000 3000 4000");
  put(0x70,
      "e27d100000000000 ed7d100000000000 ffff ffff 0000 000000000000 08000000 4e00540046005300"); // client
                                                                                                  // NTFS
  return page;
}

std::unique_ptr<Volume> make_with_journal() {
  std::unique_ptr<Volume> volume = make_volume();
  u64 start = disk_offset(at(open_volume(volume->disk), "ntfs.logfile").node);
  for (u64 n : {0, 1}) volume->disk->write(start + n * 4096, page_as_windows_writes_it());
  return volume;
}

TEST(NtfsLogfile, an_emptied_journal_has_no_restart_pages_to_show) {
  std::unique_ptr<Volume> volume = make_volume();
  Node logfile = at(open_volume(volume->disk), "ntfs.logfile").node;
  EXPECT_TRUE(contains(all_notes(logfile), "emptied: filled with 0xff"));
  edge_named(*logfile.type, "restart")->each(logfile, [](Node) {
    ADD_FAILURE();
    return false;
  });
}

TEST(NtfsLogfile, both_restart_pages_show_the_state_of_the_journal) {
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

TEST(NtfsLogfile, a_journal_in_use_by_a_newer_version_is_what_ntfs_3g_will_not_write_over) {
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

TEST(NtfsLogfile, an_area_that_leaves_its_page_is_damage) {
  std::unique_ptr<Volume> volume = make_with_journal();
  set(*volume, "ntfs.logfile.restart[0].restart_area_offset", u64{0x0ff8});
  std::string error =
      thrown_by<Damage>([&] { at(open_volume(volume->disk), "ntfs.logfile.restart[0].area"); });
  EXPECT_TRUE(contains(error, "restart_area_offset is 0xff8, which leaves no room")) << error;
}

TEST(NtfsLogfile, clients_that_leave_the_page_are_damage) {
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
} // namespace lab
