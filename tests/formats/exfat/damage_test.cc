// SPDX-License-Identifier: GPL-2.0-or-later
//
// Broken volumes: what is left is read, what is not is Damage that says where, and every walk ends.
#include <random>

#include "volume.h"

namespace lab::exfat_test {
namespace {

bool holds(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

TEST(exfat_damage, without_its_boot_sector_a_volume_is_read_by_the_backup) {
  Volume volume;
  volume.disk->zero(0, 512);
  Node root = volume.open();
  EXPECT_EQ(get_text(root, "exfat.file[\"/a.txt\"].name"), "a.txt");
  std::vector<std::string> notes = at(root, "exfat").node.notes;
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0], "boot sector: the name \"EXFAT   \" is not there");
  EXPECT_EQ(notes[1], "all places are taken from the backup boot sector");
}

TEST(exfat_damage, senseless_numbers_send_the_reader_to_the_backup_and_say_why) {
  struct Case {
    const char *field;
    u64 value;
    const char *why;
  };
  for (const Case &one :
       {Case{"bytes_per_sector_shift", 13, "bytes_per_sector_shift is 13, expected 9 to 12"},
        Case{"sectors_per_cluster_shift", 17, "sectors_per_cluster_shift is 17, expected at most 16"},
        Case{"number_of_fats", 3, "number_of_fats is 3, expected 1 or 2"},
        Case{"volume_length", UINT64_MAX, "more than 64 bits of bytes"},
        Case{"fat_offset", 23, "fat_offset is 23, expected 24 or more"},
        Case{"fat_length", 0xffffffff, "cluster_heap_offset is"},
        Case{"cluster_heap_offset", 0xffffffff, "but volume_length is"},
        Case{"cluster_count", 0xffffffff, "more than a FAT of"},
        Case{"root_cluster", 1, "root_cluster is 1, expected 2 to"},
        Case{"signature", 0, "the signature 0xaa55 is not there"}}) {
    Volume volume;
    set(*volume.disk, volume.open(), fmt::format("exfat.boot.{}", one.field), one.value);
    Node root = volume.open();
    EXPECT_TRUE(holds(at(root, "exfat").node.notes.at(0), one.why))
        << one.field << ": " << at(root, "exfat").node.notes[0];
    EXPECT_EQ(get_number(root, "exfat.root_at"), volume.place(root_cluster)) << one.field;
  }
}

TEST(exfat_damage, without_both_only_the_boot_regions_can_be_named) {
  Volume volume(1 * MiB);
  volume.disk->zero(MiB, 24 * 512);
  volume.disk->run("echo 'start=2048, type=7' | sfdisk --no-reread {disk}");
  Node root = volume.open();
  EXPECT_EQ(get_number(root, "exfat.boot.fat_offset"), 0u) << "the partition's type announces it";
  EXPECT_EQ(get_number(root, "ntfs.boot.total_sectors"), 0u) << "and NTFS as well";
  EXPECT_TRUE(holds(message_of<Damage>([&] { at(root, "exfat.root"); }), "without a boot sector"));
}

TEST(exfat_damage, a_partition_of_type_7_is_what_its_boot_sector_says) {
  Volume volume(1 * MiB);
  volume.disk->run("echo 'start=2048, type=7' | sfdisk --no-reread {disk}");
  EXPECT_EQ(get_text(volume.open(), "part[1].volume"), "exfat");
  volume.disk->zero(MiB, 512);
  EXPECT_EQ(get_text(volume.open(), "part[1].volume"), "exfat") << "the backup says so, too";
  volume.disk->run("mkntfs -Q -F -q -s 512 -p 2048 -H 16 -S 63 {dir}/volume && "
                   "dd if={dir}/volume of={disk} bs=1M seek=1 conv=notrunc");
  EXPECT_EQ(get_text(volume.open(), "part[1].volume"), "ntfs");
}

TEST(exfat_damage, a_chain_that_does_not_end_well_says_where) {
  struct Case {
    u64 next;
    const char *why;
  };
  for (const Case &one :
       {Case{0, "the chain leads to a free cluster"}, Case{0xfffffff7, "the chain leads to a bad cluster"},
        Case{8, "the chain leads back to cluster 8"}, Case{10, "the chain leads back to cluster 10"},
        Case{1, "the chain leads to cluster 1, expected 2 to"},
        Case{0xfffffff8, "the chain leads to cluster 4294967288"}}) {
    Volume volume;
    volume.set_link(10, one.next);
    Children links = children(at(volume.open(), "exfat.file[\"/chained.bin\"]").node, "chain");
    EXPECT_EQ(links.nodes.size(), 2u);
    EXPECT_TRUE(holds(links.damage, fmt::format("at {}: {}", hex_offset(volume.fat_at + 40), one.why)))
        << links.damage;
    Node content = at(volume.open(), "exfat.file[\"/chained.bin\"].content").node;
    EXPECT_EQ(content.space->size(), 8192u);
    EXPECT_TRUE(holds(content.notes.at(0), one.why));
  }
}

TEST(exfat_damage, a_file_in_one_piece_ends_with_the_heap) {
  Volume volume;
  set(*volume.disk, volume.open(), "exfat.root.set[3].stream.data_length", u64{1} << 62);
  Node file = at(volume.open(), "exfat.root.set[3]").node;
  Children links = children(file, "chain");
  EXPECT_EQ(links.nodes.size(), get_number(volume.open(), "exfat.clusters") + 2 - 6);
  EXPECT_TRUE(holds(links.damage, "the data lie in one piece and would go on in cluster")) << links.damage;
  EXPECT_TRUE(holds(message_of<Damage>([&] { at(file, "chain[99999999]"); }), "the last one is"));
  set(*volume.disk, volume.open(), "exfat.root.set[3].stream.first_cluster", u64{0xffffffff});
  EXPECT_TRUE(
      holds(children(at(volume.open(), "exfat.root.set[3]").node, "chain").damage, "cluster 4294967295"));
}

TEST(exfat_damage, a_directory_in_itself_is_entered_once) {
  Volume volume;
  for (u64 cluster : {root_cluster, u64{9}}) {
    Bytes inside = set_of({"inside", 0x10, {cluster}, cluster_bytes, true});
    volume.write(volume.place(9) + 4 * 32, inside);
    EXPECT_EQ(children(at(volume.open(), "exfat").node, "file").nodes.size(), 6u);
    EXPECT_LT(walk(volume.open()), 30000u);
  }
}

TEST(exfat_damage, a_root_that_leads_back_to_itself_ends_where_it_began) {
  Volume volume;
  Bytes full;
  while (full.size() + 96 <= cluster_bytes) // no end mark, so that the second cluster is asked for
    for (u8 byte : set_of({fmt::format("file{}", full.size() / 96), 0x20, {}, 0, false}))
      full.push_back(byte);
  full.resize(cluster_bytes, 0x03);
  volume.write(volume.place(root_cluster), full);
  volume.set_link(root_cluster, root_cluster);
  Children files = children(at(volume.open(), "exfat").node, "file");
  EXPECT_EQ(files.nodes.size(), 42u);
  EXPECT_TRUE(holds(files.damage, "the chain leads back to cluster 5")) << files.damage;
  EXPECT_TRUE(
      holds(message_of<Damage>([&] { at(volume.open(), "exfat.file[\"/elsewhere\"]"); }), "leads back"));
}

TEST(exfat_damage, a_set_that_counts_more_entries_than_there_are_is_cut) {
  Volume volume;
  volume.write(volume.place(root_cluster) + cluster_bytes - 32, {0x85, 255});
  Node set = at(volume.open(), "exfat.root.set[127]").node;
  EXPECT_EQ(std::string(set.type->name), "exfat.torn_set");
  EXPECT_EQ(set.notes.at(0), "no stream extension follows: drivers ignore the file");
  EXPECT_EQ(children(set, "slot").nodes.size(), 1u);
  EXPECT_EQ(set.type->seals.size(), 1u);
  EXPECT_NO_THROW(set.type->seals[0].sum(set));
  EXPECT_TRUE(at(volume.open(), "exfat.root.entry[127]").node.parent);
}

TEST(exfat_damage, without_an_up_case_table_ascii_names_are_still_found) {
  Volume volume;
  set(*volume.disk, volume.open(), "exfat.root.entry[2].in_use", u64{0});
  Node root = volume.open();
  EXPECT_EQ(get_text(root, "exfat.file[\"/A.TXT\"].name"), "a.txt");
  message_of<Misuse>([&] { at(root, "exfat.upcase"); });
}

TEST(exfat_damage, any_byte_may_be_anything) {
  std::mt19937 random(1); // the same bytes in each run
  Volume volume;
  std::vector<Extent> places = {
      {0, 128}, {volume.fat_at, 64}, {volume.place(root_cluster), 16 * 32}, {volume.place(9), 4 * 32}};
  for (int i = 0; i < 150; i++) {
    const Extent &place = places[random() % places.size()];
    u64 where = place.at + random() % place.length;
    Bytes was = bytes_at(*volume.disk, where, 1);
    volume.write(where, {static_cast<u8>(random())});
    SCOPED_TRACE("byte " + hex_offset(where));
    EXPECT_LE(walk(volume.open(), 3000), 30000u);
    if (i % 8) volume.write(where, was); // sometimes damage adds up
  }
}

} // namespace
} // namespace lab::exfat_test
