// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which volume is meant: the only one, the chosen one, and what is left of a damaged one.
#include "../images.h"

using namespace lab;
using namespace lab::test;

namespace {

/// Two FAT32 partitions and one FAT16 between them.
Image three_volumes() {
  Image disk = image(200 * MiB);
  disk->run("printf 'label: dos\\n 2048,131072,c\\n 133120,32768,6\\n 167936,131072,b\\n' | sfdisk {disk};"
            "mkfs.fat -F 32 -s 1 -n FIRST --offset 2048 {disk} 65536;"
            "mkfs.fat -F 16 -n MIDDLE --offset 133120 {disk} 16384;"
            "mkfs.fat -F 32 -s 1 -n SECOND --offset 167936 {disk} 65536");
  return disk;
}

Image one_volume() {
  Image disk = image(100 * MiB);
  disk->run("printf 'label: dos\\n 2804,131072,c\\n' | sfdisk {disk};"
            "mkfs.fat -F 32 -s 1 -n TRANSCEND --offset 2804 {disk} 65536");
  return disk;
}

constexpr u64 start = 2804 * 512;

void overwrite(RawImage &disk, u64 at, u64 length, u8 value) { disk.write(at, Bytes(length, value)); }

} // namespace

TEST(volume_choice, a_number_or_a_place) {
  EXPECT_FALSE(parse_volume_choice("").partition);
  EXPECT_EQ(parse_volume_choice("2").partition, 2u);
  EXPECT_EQ(parse_volume_choice("offset=1MiB").offset, MiB);
  EXPECT_EQ(parse_volume_choice("offset=1435648,length=4KiB").offset, 1435648u);
  EXPECT_EQ(parse_volume_choice("offset=1435648,length=4KiB").length, 4096u);
}

TEST(volume_choice, anything_else_is_misuse_that_says_what_was_expected) {
  for (const char *text : {"ntfs", "length=4", "offset=", "offset=1,offset=2", "start=1", "offset=1,"})
    EXPECT_THROW(parse_volume_choice(text).offset.value(), Misuse) << text;
  EXPECT_NE(message_of<Misuse>([] { parse_volume_choice("start=1"); }).find("expected a partition's number"),
            std::string::npos);
}

TEST(disk, the_only_volume_of_a_format_needs_no_choice) {
  Node root = open_disk(three_volumes());
  EXPECT_EQ(get_text(root, "fat16.label"), "MIDDLE");
  EXPECT_EQ(path_of(at(root, "fat16.boot").node), "fat16.boot");
}

TEST(disk, several_that_fit_are_listed_with_the_way_to_choose) {
  Node root = open_disk(three_volumes());
  EXPECT_EQ(message_of<Misuse>([&] { at(root, "fat32.boot"); }),
            "several fat32 volumes are on the disk; choose one with --volume and its number:\n"
            "  1  at 0x100000  64 MiB  type fat32_lba  label FIRST\n"
            "  3  at 0x5200000  64 MiB  type fat32  label SECOND");
}

TEST(disk, a_choice_by_number_or_place_settles_it) {
  Image disk = three_volumes();
  EXPECT_EQ(get_text(open_disk(disk, parse_volume_choice("3")), "fat32.label"), "SECOND");
  EXPECT_EQ(get_text(open_disk(disk, parse_volume_choice("offset=1MiB")), "fat32.label"), "FIRST");
  EXPECT_EQ(get_text(open_disk(disk), "part[3].fat32.label"), "SECOND");
}

TEST(disk, a_chosen_volume_of_another_format_is_misuse) {
  Node root = open_disk(three_volumes(), parse_volume_choice("2"));
  EXPECT_NE(message_of<Misuse>([&] { at(root, "fat32.boot"); }).find("the chosen volume is not fat32"),
            std::string::npos);
  EXPECT_THROW(at(open_disk(three_volumes()), "part[2].fat32"), Misuse);
}

TEST(disk, a_choice_that_is_not_there_is_misuse) {
  EXPECT_EQ(message_of<Misuse>([] { open_disk(three_volumes(), parse_volume_choice("7")); }),
            "there is no partition 7 on the disk; there are: 1, 2, 3");
  EXPECT_THROW(open_disk(three_volumes(), parse_volume_choice("offset=1GiB")), Misuse);
  EXPECT_THROW(open_disk(three_volumes(), parse_volume_choice("offset=1MiB,length=1GiB")), Misuse);
}

TEST(disk, a_disk_without_partitions_is_one_volume) {
  Image disk = image(32 * MiB);
  disk->run("mkfs.fat -F 16 -n WHOLE {disk}");
  Node root = open_disk(disk);
  EXPECT_EQ(get_text(root, "fat16.label"), "WHOLE");
  EXPECT_TRUE(children(root, "part").nodes.empty());
  EXPECT_TRUE(children(root, "mbr").nodes.empty());
}

TEST(disk, a_partition_table_inside_the_boot_sector_does_not_hide_the_volume) {
  Image disk = image(64 * MiB);
  disk->run("mkfs.fat -F 32 -s 1 --mbr=y -n FAKE {disk}");
  EXPECT_EQ(get_text(open_disk(disk), "fat32.label"), "FAKE");
}

TEST(disk, a_lost_boot_sector_leaves_the_backup) {
  Image disk = one_volume();
  overwrite(*disk, start, 512, 0);
  Node volume = at(open_disk(disk), "fat32").node;
  EXPECT_EQ(get_text(open_disk(disk), "fat32.label"), "TRANSCEND");
  ASSERT_EQ(volume.notes.size(), 2u);
  EXPECT_EQ(volume.notes[0], "boot sector: bytes_per_sector is 0, expected 512, 1024, 2048 or 4096");
  EXPECT_EQ(volume.notes[1], "all places are taken from the backup boot sector");
}

TEST(disk, a_lost_boot_area_leaves_the_partition_type_and_fields_that_can_be_set) {
  Image disk = one_volume();
  overwrite(*disk, start, 32 * 512, 0xff);
  Node root = open_disk(disk);
  EXPECT_EQ(get_text(root, "part[1].volume"), "fat32");
  EXPECT_EQ(get_number(root, "fat32.boot.sectors_per_fat_32"), 0xffffffffu);
  EXPECT_EQ(at(root, "fat32.boot_backup").node.at, 6u * 512);
  EXPECT_EQ(at(root, "fat32.fsinfo").node.at, 512u);
  EXPECT_EQ(message_of<Damage>([&] { at(root, "fat32.fat[0]"); }),
            "fat32 at 0x15e800: no place can be worked out without a boot sector: bytes_per_sector is 65535, "
            "expected 512, "
            "1024, 2048 or 4096");
}

TEST(disk, a_lost_partition_table_leaves_the_place) {
  Image disk = one_volume();
  overwrite(*disk, 0, 512, 0);
  EXPECT_NE(
      message_of<Misuse>([&] { at(open_disk(disk), "fat32.boot"); }).find("no fat32 volume is recognised"),
      std::string::npos);
  EXPECT_EQ(get_text(open_disk(disk, parse_volume_choice("offset=1435648")), "fat32.label"), "TRANSCEND");
  overwrite(*disk, start, 32 * 512, 0xff);
  EXPECT_EQ(get_number(open_disk(disk, parse_volume_choice("offset=1435648")), "fat32.boot.media"), 0xffu);
}

TEST(disk, a_recognised_volume_is_not_taken_for_what_its_type_announces) {
  Image disk = image(64 * MiB);
  disk->run(
      "printf 'label: dos\\n 2048,32768,c\\n' | sfdisk {disk}; mkfs.fat -F 16 --offset 2048 {disk} 16384");
  Node root = open_disk(disk);
  EXPECT_EQ(get_text(root, "part[1].volume"), "fat16");
  EXPECT_THROW(at(root, "fat32"), Misuse);
}

TEST(disk, mbr_sectors_of_4096_bytes_are_told_by_where_the_volumes_are) {
  Image disk = image(400 * MiB);
  disk->run("printf 'o\\nn\\np\\n1\\n256\\n\\nt\\nc\\nw\\n' | fdisk -b 4096 {disk}; mkfs.fat -F 32 -S 4096 "
            "-s 1 --offset 256 {disk} 400000");
  Node root = open_disk(disk);
  EXPECT_EQ(get_number(root, "sector_size"), 4096u);
  EXPECT_EQ(get_number(root, "part[1].start"), MiB);
  EXPECT_EQ(get_number(root, "fat32.boot.bytes_per_sector"), 4096u);
  EXPECT_EQ(at(root, "fat32.boot_backup").node.at, 6u * 4096);
}

TEST(disk, a_partition_that_leaves_the_disk_is_shown_and_read_as_far_as_it_goes) {
  Image disk = one_volume();
  disk->resize(20 * MiB);
  Node root = open_disk(disk);
  EXPECT_EQ(get_number(root, "part[1].length"), 64 * MiB);
  EXPECT_EQ(get_text(root, "fat32.label"), "TRANSCEND");
}

TEST(disk, a_disk_of_any_size_can_be_opened) {
  Image disk = one_volume();
  for (u64 size = 8 * 512; size > 0; size = size > 512 ? size - 512 : size / 2) {
    disk->resize(size);
    EXPECT_LT(walk(open_disk(disk)), 2000u) << size;
  }
}

TEST(disk, what_a_volume_was_before_does_not_count_while_its_boot_sector_lives) {
  Image disk = image(64 * MiB);
  disk->run("mkntfs -F -Q {disk}; mkfs.fat -F 32 -s 1 {disk}"); // NTFS's last sector survives that
  EXPECT_EQ(get_number(open_disk(disk), "fat32.sector_size"), 512u);
  EXPECT_THROW(at(open_disk(disk), "ntfs"), Misuse);
  overwrite(*disk, 0, 512, 0);
  EXPECT_EQ(get_number(open_disk(disk), "fat32.sector_size"), 512u);
  EXPECT_EQ(get_text(open_disk(disk), "ntfs.boot_backup.oem_id"), "NTFS    ");
}

TEST(disk, a_volume_that_only_its_type_announces_still_makes_the_choice_ambiguous) {
  Image disk = image(64 * MiB);
  disk->run("printf 'label: dos\\n 2048,32768,7\\n 34816,32768,7\\n' | sfdisk {disk};"
            "truncate -s 16M {dir}/ntfs; mkntfs -F -Q {dir}/ntfs; dd if={dir}/ntfs of={disk} seek=2048 "
            "conv=notrunc");
  EXPECT_NE(message_of<Misuse>([&] { at(open_disk(disk), "ntfs"); }).find("several ntfs volumes"),
            std::string::npos);
  EXPECT_EQ(get_text(open_disk(disk, parse_volume_choice("1")), "ntfs.boot.oem_id"), "NTFS    ");
}
