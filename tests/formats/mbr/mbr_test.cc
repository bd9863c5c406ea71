// SPDX-License-Identifier: GPL-2.0-or-later
//
// The MBR and its chain of extended records, on disks that sfdisk partitioned.
#include <algorithm>

#include "../planned.h"
#include "edit/sweep.h"
#include "formats/disk/disk.h"

using namespace lab;
using namespace lab::test;

namespace {

Image disk_with(const std::string &table, u64 size = 64 * MiB) {
  Image disk = image(size);
  disk->run("printf '" + table + "' | sfdisk {disk}");
  return disk;
}

const char *logical =
    "label: dos\\n 2048,16384,c\\n 20480,,f\\n 22528,8192,7\\n 34816,8192,83\\n 47104,8192,e\\n";

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

TEST(mbr, a_cylinder_borrows_two_bits_and_leaves_the_sector_alone) {
  Image disk = disk_with("label: dos\\n 2048,4096,c\\n");
  set(*disk, open_disk(disk), "mbr.entry[1].start_sector", u64{63});
  set(*disk, open_disk(disk), "mbr.entry[1].start_cylinder", u64{0x2a5});
  EXPECT_EQ(hex(bytes_at(*disk, 0x1c0, 2)), "bfa5");
  EXPECT_EQ(get_number(open_disk(disk), "mbr.entry[1].start_sector"), 63u);
  EXPECT_EQ(get_number(open_disk(disk), "mbr.entry[1].start_cylinder"), 0x2a5u);
}

TEST(mbr, only_entries_in_use_are_listed_and_every_one_can_be_named) {
  Image disk = disk_with("label: dos\\n 2048,4096,c\\n start=8192,size=4096,type=7\\n");
  set(*disk, open_disk(disk), "mbr.entry[4].type", u64{0x83});
  Node mbr = at(open_disk(disk), "mbr").node;
  std::vector<std::string> names;
  for (const Node &entry : children(mbr, "entry").nodes) names.push_back(entry.name);
  EXPECT_EQ(names, (std::vector<std::string>{"entry[1]", "entry[2]", "entry[4]"}));
  EXPECT_EQ(get_number(mbr, "entry[3].sector_count"), 0u);
}

TEST(mbr, its_kind_follows_from_its_entries) {
  Image disk = disk_with("label: dos\\n 2048,4096,c\\n 8192,4096,7\\n");
  auto kind = [&] { return get_text(open_disk(disk), "mbr.kind"); };
  EXPECT_EQ(kind(), "partitions");
  set(*disk, open_disk(disk), "mbr.entry[1].type", u64{0xee});
  EXPECT_EQ(kind(), "hybrid");
  disk->zero(0x1ce, 16);
  EXPECT_EQ(kind(), "protective");
  disk->zero(0x1be, 16);
  EXPECT_EQ(get_text(bare_disk(disk, 512), "mbr.kind"), "empty");
}

TEST(mbr, logical_partitions_are_numbered_from_5_and_lie_where_sfdisk_put_them) {
  Image disk = disk_with(logical);
  Node root = open_disk(disk);
  EXPECT_EQ(get_number(root, "part[1].start"), 2048u * 512);
  EXPECT_EQ(get_number(root, "part[5].start"), 22528u * 512);
  EXPECT_EQ(get_number(root, "part[6].start"), 34816u * 512);
  EXPECT_EQ(get_number(root, "part[7].start"), 47104u * 512);
  EXPECT_EQ(get_number(root, "part[7].length"), 8192u * 512);
  EXPECT_EQ(children(root, "ebr").nodes.size(), 3u);
  EXPECT_EQ(get_number(root, "ebr[3].entry[1].first_sector"), 47104u);
  EXPECT_EQ(get_number(root, "ebr[2].entry[2].first_sector"),
            get_number(root, "ebr[2].entry[2].start_lba") + 20480);
}

TEST(mbr, a_chain_that_loops_ends_with_damage_after_its_good_records) {
  Image disk = disk_with(logical);
  set(*disk, open_disk(disk), "ebr[2].entry[2].start_lba", u64{0});
  Node root = open_disk(disk);
  Children records = children(root, "ebr");
  EXPECT_EQ(records.nodes.size(), 2u);
  EXPECT_NE(records.damage.find("leads back to the record in sector 20480"), std::string::npos)
      << records.damage;
  EXPECT_EQ(get_number(root, "part[6].start"), 34816u * 512);
  ASSERT_EQ(root.notes.size(), 1u);
  EXPECT_EQ(root.notes[0], records.damage);
}

TEST(mbr, a_chain_that_leaves_its_partition_ends_with_damage) {
  Image disk = disk_with(logical);
  set(*disk, open_disk(disk), "ebr[1].entry[2].start_lba", u64{0xffffffff});
  Children records = children(open_disk(disk), "ebr");
  EXPECT_EQ(records.nodes.size(), 1u);
  EXPECT_NE(records.damage.find("expected one of the extended partition's"), std::string::npos)
      << records.damage;
}

TEST(mbr, an_extended_record_without_signature_can_still_be_named) {
  Image disk = disk_with(logical);
  set(*disk, open_disk(disk), "ebr[2].signature", u64{0});
  Node root = open_disk(disk);
  EXPECT_EQ(get_number(root, "ebr[2].signature"), 0u);
  EXPECT_NE(children(root, "ebr").damage.find("signature 0x0000, expected 0xaa55"), std::string::npos);
}

TEST(mbr, one_kind_of_damage_does_not_hide_the_partitions) {
  struct {
    const char *field;
    u64 value;
  } damages[] = {{"mbr.signature", 0}, {"mbr.entry[1].status", 0x55}, {"mbr.entry[2].start_lba", 0xfffffff0}};
  for (auto [field, value] : damages) {
    Image disk = disk_with("label: dos\\n 2048,4096,c\\n 8192,4096,7\\n");
    set(*disk, open_disk(disk), field, value);
    EXPECT_EQ(get_number(open_disk(disk), "part[1].start"), 2048u * 512) << field;
  }
}

TEST(mbr, any_byte_of_the_records_may_be_anything) {
  Image disk = disk_with(logical);
  for (u64 record : {u64{0}, u64{20480} * 512})
    for (u64 at = record + 0x1b8; at < record + 512; at++) {
      Bytes old = bytes_at(*disk, at, 1);
      disk->write(at, Bytes{static_cast<u8>(~old[0])});
      EXPECT_LT(walk(open_disk(disk)), 2000u) << at;
      disk->write(at, old);
    }
}

TEST(mbr, numbers_are_multiplied_and_divided_within_their_width) {
  Image disk = disk_with("label: dos\\n 2048,4097,c\\n");
  change(*disk, "- mul: mbr.entry[1].start_lba\n  by: 2\n- div: mbr.entry[1].sector_count\n  by: 2\n");
  EXPECT_EQ(get_number(open_disk(disk), "mbr.entry[1].start_lba"), 4096u);
  EXPECT_EQ(get_number(open_disk(disk), "mbr.entry[1].sector_count"), 2048u);
  change(*disk, "- mul: mbr.entry[1].start_lba\n  by: 0x100000\n"); // 2 to the 32nd
  EXPECT_EQ(get_number(open_disk(disk), "mbr.entry[1].start_lba"), 0u);
  EXPECT_THROW(change(*disk, "- div: mbr.entry[1].start_lba\n  by: 0\n"), Error);
  EXPECT_THROW(change(*disk, "- mul: mbr.boot_code\n  by: 2\n"), Error);
}

TEST(mbr, a_sweep_finds_every_change_of_every_field_on_the_disk) {
  Image disk = disk_with("label: dos\\n 2048,4097,c\\n");
  Scenario sweep = parse_scenario("title: t\nsweep: { fields: \"mbr.entry[1].*\" }\n", "t.yaml", {});
  std::vector<std::string> names = variants_on(open_disk(disk), sweep);
  auto has = [&](const char *name) { return std::ranges::count(names, name) == 1; };
  EXPECT_TRUE(has("mbr.entry[1].start_lba:zero") && has("mbr.entry[1].sector_count:random"));
  EXPECT_TRUE(has("mbr.entry[1].status:ones"));
  EXPECT_FALSE(has("mbr.entry[1].status:zero")) << "it is zero already";
  sweep.variant = "mbr.entry[1].start_lba:highbit";
  Scenario one = chosen_from(open_disk(disk), sweep);
  ASSERT_EQ(one.edits.size(), 1u);
  EXPECT_EQ(one.edits[0].verb.text, "flip");
  EXPECT_EQ(one.edits[0].arguments["bit"].text, "31");
  sweep.variant = "";
  EXPECT_THROW(chosen_from(open_disk(disk), sweep), Misuse);
}
