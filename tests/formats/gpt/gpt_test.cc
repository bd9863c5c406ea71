// SPDX-License-Identifier: GPL-2.0-or-later
//
// The GUID partition table, on disks that sgdisk and fdisk made.
#include "../planned.h"

using namespace lab;
using namespace lab::test;

namespace {

Image disk_with_gpt(u64 size = 64 * MiB) {
  Image disk = image(size);
  disk->run("sgdisk -n 1:2048:+8M -t 1:ef00 -c 1:'EFI system' -n 3:32768:+16M -t 3:0700 -c 3:'Größe' {disk}");
  return disk;
}

u64 sum_of(const Node &header, const char *field) {
  for (const Seal &seal : header.type->seals)
    if (same(seal.field, field)) return seal.sum(header);
  ADD_FAILURE() << "no seal " << field;
  return 0;
}

} // namespace

TEST(gpt, partitions_are_those_that_sgdisk_made) {
  Image disk = disk_with_gpt();
  Node root = open_disk(disk);
  EXPECT_TRUE(root.notes.empty());
  EXPECT_EQ(children(root, "part").nodes.size(), 2u);
  EXPECT_EQ(get_number(root, "part[1].start"), MiB);
  EXPECT_EQ(get_number(root, "part[1].length"), 8 * MiB);
  EXPECT_EQ(get_text(root, "part[1].type"), "efi_system");
  EXPECT_EQ(get_text(root, "part[3].type"), "microsoft_basic_data");
  EXPECT_EQ(get_text(root, "part[3].name"), "Größe");
  EXPECT_EQ(get_text(root, "gpt.primary.entry[3].type_guid"), "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7");
  EXPECT_EQ(get_number(root, "mbr.entry[1].type"), 0xeeu);
}

TEST(gpt, both_sums_of_both_headers_are_those_that_sgdisk_wrote) {
  Image disk = disk_with_gpt();
  Node root = open_disk(disk);
  for (const char *copy : {"gpt.primary", "gpt.backup"})
    for (const char *field : {"header_crc32", "entries_crc32"})
      EXPECT_EQ(sum_of(at(root, copy).node, field), get_number(root, std::string(copy) + "." + field))
          << copy << field;
}

TEST(gpt, a_header_is_sealed_over_the_size_that_it_states) {
  Image disk = disk_with_gpt();
  Node header = at(open_disk(disk), "gpt.primary").node;
  EXPECT_EQ(header.type->seals[1].covers(header)[0], (Extent{512, 92}));
  u64 before = sum_of(header, "header_crc32");
  set(*disk, open_disk(disk), "gpt.primary.header_size", u64{96});
  EXPECT_NE(sum_of(header, "header_crc32"), before);
  set(*disk, open_disk(disk), "gpt.primary.header_size", u64{91});
  EXPECT_NE(
      message_of<Damage>([&] { sum_of(header, "header_crc32"); }).find("header size 91, expected 92 to 512"),
      std::string::npos);
}

TEST(gpt, a_lost_primary_leaves_the_partitions_of_the_backup) {
  Image disk = disk_with_gpt();
  disk->zero(512, 33 * 512);
  Node root = open_disk(disk);
  EXPECT_EQ(get_number(root, "part[3].start"), 16 * MiB);
  ASSERT_EQ(root.notes.size(), 1u);
  EXPECT_EQ(root.notes[0], "gpt.primary at 0x200: no \"EFI PART\" signature");
  EXPECT_EQ(get_number(root, "gpt.backup.my_lba"), 64 * MiB / 512 - 1);
}

TEST(gpt, a_primary_with_a_wrong_sum_gives_way_to_the_backup) {
  Image disk = disk_with_gpt();
  set(*disk, open_disk(disk), "gpt.primary.entry[1].first_lba", u64{4096});
  Node root = open_disk(disk);
  EXPECT_EQ(get_number(root, "part[1].start"), MiB);
  EXPECT_EQ(root.notes, std::vector<std::string>{"gpt.primary at 0x200: the sum of its entries is wrong"});
}

TEST(gpt, the_backup_of_an_enlarged_disk_is_found_through_alternate_lba) {
  Image disk = disk_with_gpt();
  disk->resize(96 * MiB);
  Node root = open_disk(disk);
  EXPECT_EQ(at(root, "gpt.backup").node.at, 64 * MiB - 512);
}

TEST(gpt, sectors_of_4096_bytes_are_recognised) {
  Image disk = image(256 * MiB);
  disk->run("printf 'g\\nn\\n\\n\\n\\nw\\n' | fdisk -b 4096 {disk}");
  Node root = open_disk(disk);
  EXPECT_EQ(get_number(root, "sector_size"), 4096u);
  EXPECT_EQ(at(root, "gpt.primary").node.at, 4096u);
  EXPECT_EQ(get_number(root, "part[1].start"), get_number(root, "gpt.primary.entry[1].first_lba") * 4096);
  EXPECT_EQ(sum_of(at(root, "gpt.primary").node, "entries_crc32"),
            get_number(root, "gpt.primary.entries_crc32"));
  disk->zero(4096, 4096);
  EXPECT_EQ(get_number(open_disk(disk), "sector_size"), 4096u);
}

TEST(gpt, a_disk_beyond_2_TiB_is_a_disk) {
  constexpr u64 TiB = MiB << 20;
  Image disk = image(3 * TiB);
  disk->run("sgdisk -n 1:5368709120:+64M -t 1:0700 {disk}; mkfs.fat -F 32 --offset 5368709120 {disk} 65536");
  Node root = open_disk(disk);
  EXPECT_EQ(get_number(root, "part[1].start"), 5368709120u * 512);
  EXPECT_EQ(extents_of(at(root, "fat32.boot.media"))[0], (Extent{5368709120u * 512 + 0x15, 1}));
  EXPECT_EQ(at(root, "gpt.backup").node.at, 3 * TiB - 512);
}

TEST(gpt, a_damaged_description_of_the_entries_is_damage) {
  Image disk = disk_with_gpt();
  set(*disk, open_disk(disk), "gpt.primary.entry_count", u64{0xffffffff});
  EXPECT_NE(children(at(open_disk(disk), "gpt.primary").node, "entry").damage.find("expected at most 4 MiB"),
            std::string::npos);
  set(*disk, open_disk(disk), "gpt.primary.entry_count", u64{128});
  set(*disk, open_disk(disk), "gpt.primary.entry_size", u64{0});
  EXPECT_NE(children(at(open_disk(disk), "gpt.primary").node, "entry").damage.find("entries of 0 bytes"),
            std::string::npos);
  set(*disk, open_disk(disk), "gpt.primary.entry_size", u64{128});
  set(*disk, open_disk(disk), "gpt.primary.entries_lba", ~u64{0});
  EXPECT_NE(children(at(open_disk(disk), "gpt.primary").node, "entry").damage.find("does not fit in 64 bits"),
            std::string::npos);
}

TEST(gpt, one_damaged_entry_does_not_hide_the_others) {
  Image disk = disk_with_gpt();
  for (const char *copy : {"gpt.primary", "gpt.backup"})
    set(*disk, open_disk(disk), std::string(copy) + ".entry[1].last_lba", u64{1});
  Node root = open_disk(disk);
  EXPECT_EQ(get_number(root, "part[3].start"), 16 * MiB);
  EXPECT_EQ(children(root, "part").nodes.size(), 1u);
}

TEST(gpt, leftovers_of_a_gpt_do_not_count_against_an_mbr) {
  Image disk = disk_with_gpt();
  disk->run("printf 'label: dos\\n 4096,8192,c\\n' | sfdisk --wipe never {disk}");
  EXPECT_EQ(get_number(open_disk(disk), "part[1].start"), 4096u * 512);
}

TEST(gpt, a_copy_of_a_field_is_in_the_other_header) {
  Image disk = disk_with_gpt();
  std::vector<Path> copies = copies_of(open_disk(disk), parse_path("gpt.primary.entry[3].name"));
  ASSERT_EQ(copies.size(), 1u);
  EXPECT_EQ(copies[0].text, "gpt.backup.entry[3].name");
}

TEST(gpt, a_header_whose_sums_have_lost_their_meaning_can_still_be_damaged) {
  struct {
    const char *edit, *sum;
  } damages[] = {{"- set: gpt.primary.header_size\n  to: 91\n", "header_crc32"},
                 {"- set: gpt.primary.entry_count\n  to: 0xffffffff\n", "entries_crc32"},
                 {"- set: gpt.primary.entries_lba\n  to: 0xffffffff\n", "entries_crc32"}};
  for (auto [edit, sum] : damages) {
    Image disk = disk_with_gpt();
    u64 before = get_number(open_disk(disk), std::string("gpt.primary.") + sum);
    EXPECT_EQ(verbs(change(*disk, edit))[std::string("gpt.primary.") + sum], "sum left stale") << edit;
    EXPECT_EQ(get_number(open_disk(disk), std::string("gpt.primary.") + sum), before) << edit;
  }
  Image disk = disk_with_gpt();
  change(*disk, "- zero: gpt.primary\n");
  EXPECT_EQ(bytes_at(*disk, 512, 512), Bytes(512));
}

TEST(gpt, a_change_of_an_entry_is_followed_by_both_sums) {
  Image disk = disk_with_gpt();
  Plan plan = change(*disk, "- set: gpt.primary.entry[3].name\n  to: other\n");
  EXPECT_EQ(verbs(plan)["gpt.primary.entries_crc32"], "sum recomputed");
  EXPECT_EQ(verbs(plan)["gpt.primary.header_crc32"], "sum recomputed");
  EXPECT_TRUE(open_disk(disk).notes.empty());
  disk->run("sgdisk -i 3 {disk} | grep \"'other'\"");
}

TEST(gpt, any_byte_of_a_header_may_be_anything) {
  Image disk = disk_with_gpt();
  for (u64 at = 512; at < 512 + 0x60; at++) {
    Bytes old = bytes_at(*disk, at, 1);
    disk->write(at, Bytes{static_cast<u8>(~old[0])});
    EXPECT_LT(walk(open_disk(disk)), 2000u) << at;
    disk->write(at, old);
  }
}

TEST(gpt, a_type_is_set_by_its_name_or_its_guid) {
  Image disk = disk_with_gpt();
  change(*disk, "- set: gpt.primary.entry[1].type\n  to: linux_swap\n");
  EXPECT_EQ(get_text(open_disk(disk), "gpt.primary.entry[1].type_guid"), "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f");
  change(*disk, "- set: gpt.primary.entry[1].type\n  to: c12a7328-f81f-11d2-ba4b-00a0c93ec93b\n");
  EXPECT_EQ(get_text(open_disk(disk), "gpt.primary.entry[1].type"), "efi_system");
  EXPECT_THROW(change(*disk, "- set: gpt.primary.entry[1].type\n  to: linux_swpa\n"), Error);
}
