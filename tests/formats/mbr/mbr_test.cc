// SPDX-License-Identifier: GPL-2.0-or-later
//
// The MBR and its chain of extended records, on disks that sfdisk partitioned.
#include "../images.h"

using namespace lab;
using namespace lab::test;

namespace {

Image disk_with(const std::string &table, u64 size = 64 * MiB) {
  Image disk = image(size);
  disk->run("printf '" + table + "' | sfdisk {disk}");
  return disk;
}

const char *logical = "label: dos\\n 2048,16384,c\\n 20480,,f\\n 22528,8192,7\\n 34816,8192,83\\n 47104,8192,e\\n";

} // namespace

TEST(mbr, entries_hold_what_sfdisk_wrote) {
  Image disk = disk_with("label: dos\\nlabel-id: 0x1234abcd\\n 2804,20000,c,*\\n 40960,16384,7\\n");
  Node root = open_disk(disk);
  EXPECT_EQ(get_number(root, "mbr.disk_signature"), 0x1234abcdu);
  EXPECT_EQ(get_number(root, "mbr.signature"), 0xaa55u);
  EXPECT_EQ(get_number(root, "mbr.entry[1].status"), 0x80u);
  EXPECT_EQ(get_number(root, "mbr.entry[1].type"), 0x0cu);
  EXPECT_EQ(get_number(root, "mbr.entry[1].start_lba"), 2804u);
  EXPECT_EQ(get_number(root, "mbr.entry[1].sector_count"), 20000u);
  EXPECT_EQ(get_number(root, "mbr.entry[2].type"), 7u);
  EXPECT_EQ(get_number(root, "mbr.entry[3].type"), 0u);
  EXPECT_EQ(get_number(root, "part[1].start"), 2804u * 512);
  EXPECT_EQ(get_number(root, "part[1].length"), 20000u * 512);
  EXPECT_EQ(get_text(root, "part[2].type"), "ntfs");
}
