// SPDX-License-Identifier: GPL-2.0-or-later
//
// A sound volume: every path leads where mkfs.exfat, dump.exfat and the hand that wrote the entries say,
// and every sum is what is stored.
#include <regex>

#include "formats/exfat/tables.h"
#include "volume.h"

namespace lab::exfat_test {
namespace {

u64 number_after(const std::string &text, const std::string &words) {
  std::smatch found;
  if (!std::regex_search(text, found, std::regex(words + ":[ \t]*(0x[0-9a-f]+|[0-9]+)"))) {
    ADD_FAILURE() << words << " not in " << text;
    return 0;
  }
  return std::stoull(found[1], nullptr, 0);
}

TEST(exfat, fsck_finds_the_tests_volume_in_order) {
  std::string said = Volume().output_of("fsck.exfat -n");
  EXPECT_NE(said.find("clean. directories 2, files 4\nexit 0"), std::string::npos) << said;
}

TEST(exfat, the_boot_sector_is_read_as_dump_exfat_reads_it) {
  Volume volume;
  std::string said = volume.output_of("dump.exfat");
  Node root = volume.open();
  EXPECT_EQ(get_number(root, "exfat.boot.volume_length"), number_after(said, "Volume Length\\(sectors\\)"));
  EXPECT_EQ(get_number(root, "exfat.boot.fat_offset"), number_after(said, "FAT Offset\\(sector offset\\)"));
  EXPECT_EQ(get_number(root, "exfat.boot.fat_length"), number_after(said, "FAT Length\\(sectors\\)"));
  EXPECT_EQ(get_number(root, "exfat.boot.cluster_heap_offset"),
            number_after(said, "Cluster Heap Offset \\(sector offset\\)"));
  EXPECT_EQ(get_number(root, "exfat.boot.cluster_count"), number_after(said, "Cluster Count"));
  EXPECT_EQ(get_number(root, "exfat.boot.root_cluster"),
            number_after(said, "Root Cluster \\(cluster offset\\)"));
  EXPECT_EQ(get_number(root, "exfat.boot.serial"), number_after(said, "Volume Serial"));
  EXPECT_EQ(get_number(root, "exfat.boot.bytes_per_sector_shift"), number_after(said, "Sector Size Bits"));
  EXPECT_EQ(get_number(root, "exfat.cluster_bytes"), number_after(said, "Cluster size"));
  EXPECT_EQ(get_number(root, "exfat.bitmap_entry.first_cluster"), number_after(said, "Bitmap start cluster"));
  EXPECT_EQ(get_number(root, "exfat.bitmap_entry.data_length"), number_after(said, "Bitmap size"));
  EXPECT_EQ(get_number(root, "exfat.upcase_entry.first_cluster"),
            number_after(said, "Upcase table start cluster"));
  EXPECT_EQ(get_number(root, "exfat.upcase_entry.data_length"), number_after(said, "Upcase table size"));
  EXPECT_EQ(get_text(root, "exfat.label"), "TESTED");
  EXPECT_EQ(get_number(root, "exfat.boot_backup.serial"), get_number(root, "exfat.boot.serial"));
  EXPECT_EQ(get_number(root, "exfat.boot.extended[8].signature"), 0xaa550000u);
}

TEST(exfat, paths_lead_to_bytes) {
  Volume volume(3 * MiB);
  Node root = volume.open({std::nullopt, 3 * MiB, std::nullopt});
  auto place = [&](const std::string &path) { return extents_of(at(root, path)).at(0); };
  u64 directory = volume.place(root_cluster);
  EXPECT_EQ(place("exfat.boot"), (Extent{3 * MiB, 12 * 512}));
  EXPECT_EQ(place("exfat.boot_backup"), (Extent{3 * MiB + 12 * 512, 12 * 512}));
  EXPECT_EQ(place("exfat.boot.checksum[127]"), (Extent{3 * MiB + 12 * 512 - 4, 4}));
  EXPECT_EQ(place("exfat.boot.oem.record[9]"), (Extent{3 * MiB + 9 * 512 + 9 * 48, 48}));
  EXPECT_EQ(place("exfat.fat[8].next"), (Extent{volume.fat_at + 32, 4}));
  EXPECT_EQ(place("exfat.table[0].entry[8]"), (Extent{volume.fat_at + 32, 4}));
  EXPECT_EQ(place("exfat.bitmap.bit[9]"), (Extent{volume.place(2) + 1, 1}));
  EXPECT_EQ(place("exfat.upcase"), (Extent{volume.place(3), 5836}));
  EXPECT_EQ(place("exfat.upcase.checksum"), (Extent{directory + 2 * 32 + 4, 4}));
  EXPECT_EQ(place("exfat.root.entry[6]"), (Extent{directory + 6 * 32, 32}));
  EXPECT_EQ(place("exfat.root.set[6]"), (Extent{directory + 6 * 32, 96}));
  EXPECT_EQ(place("exfat.root.end"), (Extent{directory + 15 * 32, 32}));
  EXPECT_EQ(place("exfat.file[\"/CHAINED.BIN\"].stream.data_length"), (Extent{directory + 7 * 32 + 24, 8}));
  EXPECT_EQ(place("exfat.file[\"/directory/a name of some length.TXT\"].name_part[1].name"),
            (Extent{volume.place(9) + 3 * 32 + 2, 30}));
  EXPECT_EQ(place("exfat.file[\"/Directory\"].entry[1]"), (Extent{volume.place(9) + 32, 32}));
  EXPECT_EQ(place("exfat.file[\"/Directory\"].set[0].content"), (Extent{volume.place(11), 4096}));
  EXPECT_EQ(extents_of(at(root, "exfat.file[\"/chained.bin\"].content")),
            (std::vector<Extent>{
                {volume.place(8), 4096}, {volume.place(10), 4096}, {volume.place(12), 10000 - 8192}}));
  EXPECT_EQ(extents_of(at(root, "exfat.file[\"/a.txt\"].content")),
            (std::vector<Extent>{{volume.place(6), 5000}}));
}

TEST(exfat, chains_follow_the_fat_or_count) {
  Volume volume;
  Node root = volume.open();
  auto clusters = [&](const char *file) {
    std::vector<u64> found;
    for (const Node &link : children(at(root, fmt::format("exfat.file[\"{}\"]", file)).node, "chain").nodes)
      found.push_back(get_number(link, "cluster"));
    return found;
  };
  EXPECT_EQ(clusters("/chained.bin"), (std::vector<u64>{8, 10, 12}));
  EXPECT_EQ(clusters("/a.txt"), (std::vector<u64>{6, 7}));
  EXPECT_EQ(clusters("/empty"), std::vector<u64>{});
  EXPECT_EQ(get_number(root, "exfat.file[\"/chained.bin\"].chain[1].next"), 12u);
  EXPECT_EQ(get_number(root, "exfat.file[\"/a.txt\"].chain[1].cluster"), 7u);
  EXPECT_EQ(get_number(root, "exfat.root.chain[0].cluster"), root_cluster);
  message_of<Misuse>([&] { at(root, "exfat.file[\"/a.txt\"].chain[2]"); });
  message_of<Misuse>([&] { at(root, "exfat.file[\"/nothing\"]"); });
  message_of<Misuse>([&] { at(root, "exfat.fat_2[2]"); });
}

TEST(exfat, an_entry_knows_the_set_that_it_belongs_to) {
  Node root = Volume().open();
  EXPECT_EQ(path_of(at(root, "exfat.root.entry[7].data_length")), "exfat.root.set[6].slot[1].data_length");
  EXPECT_EQ(path_of(at(root, "exfat.root.entry[1].first_cluster")), "exfat.root.entry[1].first_cluster");
  EXPECT_EQ(get_number(root, "exfat.root.set[6].slot[1].data_length"), 10000u);
  message_of<Misuse>([&] { at(root, "exfat.root.set[7]"); });
}

/// Every seal of a node: what it computes is what is stored.
void expect_sealed(const Node &node) {
  for (const Seal &seal : node.type->seals)
    EXPECT_EQ(seal.sum(node), std::get<u64>(value_of(node, *field_named(*node.type, seal.field))))
        << path_of(node) << "." << seal.field;
}

TEST(exfat, every_sum_is_as_mkfs_stored_it) {
  Volume volume;
  Node root = volume.open();
  for (const char *path : {"exfat.boot", "exfat.boot_backup", "exfat.upcase", "exfat.root.set[3]",
                           "exfat.root.set[6]", "exfat.file[\"/Directory/a name of some length.txt\"]"}) {
    Node node = at(root, path).node;
    EXPECT_FALSE(node.type->seals.empty()) << path;
    expect_sealed(node);
  }
}

TEST(exfat, a_sum_covers_what_drivers_add_up) {
  Volume volume;
  Node root = volume.open();
  auto sum = [&](const char *path, size_t seal) {
    Node node = at(volume.open(), path).node;
    return node.type->seals[seal].sum(node);
  };
  u64 boot = sum("exfat.boot", 0), set_sum = sum("exfat.root.set[3]", 1), hash = sum("exfat.root.set[3]", 0);
  set(*volume.disk, root, "exfat.boot.dirty", u64{1});
  set(*volume.disk, root, "exfat.boot.percent_in_use", u64{99});
  EXPECT_EQ(sum("exfat.boot", 0), boot);
  volume.write(10 * 512 + 7, {1}); // in the reserved sector
  EXPECT_NE(sum("exfat.boot", 0), boot);
  set(*volume.disk, root, "exfat.root.set[3].set_checksum", u64{7});
  EXPECT_EQ(sum("exfat.root.set[3]", 1), set_sum);
  set(*volume.disk, root, "exfat.root.set[3].name_part[0].name", std::string("A.TXT")); // equal in upper case
  EXPECT_NE(sum("exfat.root.set[3]", 1), set_sum);
  EXPECT_EQ(sum("exfat.root.set[3]", 0), hash);
  set(*volume.disk, root, "exfat.root.set[3].name_part[0].name", std::string("B.TXT"));
  EXPECT_NE(sum("exfat.root.set[3]", 0), hash);
  u64 upcase = sum("exfat.upcase", 0);
  set(*volume.disk, root, "exfat.upcase.entry[98]", u64{65}); // b becomes A
  EXPECT_NE(sum("exfat.upcase", 0), upcase);
  set(*volume.disk, root, "exfat.root.set[3].name_part[0].name", std::string("b.txt"));
  EXPECT_EQ(sum("exfat.root.set[3]", 0), hash) << "names are hashed by the volume's own table";
}

TEST(exfat, a_deleted_set_keeps_its_sums) {
  Volume volume;
  set(*volume.disk, volume.open(), "exfat.root.set[3].in_use", u64{0});
  Node deleted = at(volume.open(), "exfat.root.set[3]").node;
  for (const Seal &seal : deleted.type->seals) EXPECT_TRUE(seal.covers(deleted).empty());
  message_of<Misuse>([&] { at(volume.open(), "exfat.file[\"/a.txt\"]"); });
}

TEST(exfat, a_region_of_large_sectors_has_as_many_words_as_fit) {
  constexpr u64 sector = 4096;
  Image disk = image(16 * MiB);
  Bytes boot(sector);
  std::ranges::copy(std::string_view("\xeb\x76\x90"
                                     "EXFAT   "),
                    boot.begin());
  put_le(boot, 72, 4096, 8); // volume length
  put_le(boot, 80, 24, 4);   // FAT
  put_le(boot, 84, 4, 4);
  put_le(boot, 88, 32, 4); // heap
  put_le(boot, 92, 4000, 4);
  put_le(boot, 96, 2, 4); // root
  put_le(boot, 104, 0x100, 2);
  boot[108] = 12, boot[110] = 1;
  put_le(boot, 510, 0xaa55, 2);
  for (u64 at : {u64{0}, 12 * sector}) disk->write(at, boot);
  Node root = open_disk(disk);
  Node region = at(root, "exfat.boot").node;
  EXPECT_EQ(element_count(region, *field_named(*region.type, "checksum")), 1024u);
  EXPECT_EQ(extents_of(at(root, "exfat.boot.checksum[1023]")), (std::vector<Extent>{{12 * sector - 4, 4}}));
  EXPECT_EQ(extents_of(at(root, "exfat.boot.extended[1].signature")),
            (std::vector<Extent>{{2 * sector - 4, 4}}));
  u64 sum = exfat_boot_sum(bytes_at(*disk, 0, 11 * sector));
  EXPECT_EQ(region.type->seals[0].sum(region), sum);
  EXPECT_EQ(get_number(root, "exfat.boot.bytes_per_cluster"), sector);
  disk->zero(0, sector);
  EXPECT_EQ(get_number(open_disk(disk), "exfat.boot_backup.cluster_count"), 4000u)
      << "the backup's place follows from it";
}

} // namespace
} // namespace lab::exfat_test
