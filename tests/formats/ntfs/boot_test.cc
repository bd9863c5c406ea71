// SPDX-License-Identifier: GPL-2.0-or-later
//
// Boot sectors: what they say, checked against ntfsinfo over every geometry that mkntfs makes.
#include "image.h"

namespace lab {
namespace {

u64 stated(const std::string &report, const std::string &name) {
  std::smatch match;
  if (!std::regex_search(report, match, std::regex(name + ": (\\d+)")))
    throw std::runtime_error("no " + name);
  return std::stoull(match[1]);
}

class NtfsGeometry : public testing::TestWithParam<Make> {};

TEST_P(NtfsGeometry, sizes_and_places_are_those_that_ntfsinfo_states) {
  Make make = GetParam();
  std::unique_ptr<Volume> volume = make_volume(make);
  Node ntfs = open_volume(volume->disk, make.sector);
  EXPECT_EQ(all_notes(ntfs), "");
  std::string report = output_of({"ntfsinfo", "--mft", "--force", volume->file});
  for (std::string boot : {"ntfs.boot", "ntfs.boot_backup"}) {
    EXPECT_EQ(number_at(ntfs, boot + ".bytes_per_sector"), stated(report, "Sector Size"));
    EXPECT_EQ(number_at(ntfs, boot + ".cluster_bytes"), stated(report, "Cluster Size"));
    EXPECT_EQ(number_at(ntfs, boot + ".index_block_bytes"), stated(report, "Index Block Size"));
    EXPECT_EQ(number_at(ntfs, boot + ".record_bytes"), stated(report, "MFT Record Size"));
    EXPECT_EQ(number_at(ntfs, boot + ".mft_lcn"), stated(report, "LCN of Data Attribute for FILE_MFT"));
    EXPECT_EQ(number_at(ntfs, boot + ".mirror_lcn"),
              stated(report, "LCN of Data Attribute for File_MFTMirr"));
    EXPECT_EQ(number_at(ntfs, boot + ".mft_offset"),
              stated(report, "LCN of Data Attribute for FILE_MFT") * stated(report, "Cluster Size"));
  }
  EXPECT_EQ(number_at(ntfs, "ntfs.clusters"), stated(report, "Volume Size in Clusters"));
  EXPECT_EQ(text_at(ntfs, "ntfs.label"), make.label);
  EXPECT_EQ(at(ntfs, "ntfs.boot_backup").node.at, make.size - make.sector);
}

TEST_P(NtfsGeometry, the_mirror_holds_the_first_records_of_mft) {
  Make make = GetParam();
  std::unique_ptr<Volume> volume = make_volume(make);
  Node ntfs = open_volume(volume->disk, make.sector);
  u64 count = stated(output_of({"ntfsinfo", "--mft", "--force", volume->file}), "FILE_MFTMirr Size");
  u64 seen = 0;
  edge_named(*ntfs.type, "mirror")->each(ntfs, [&](Node copy) {
    Node original = at(ntfs, "ntfs." + keyed("mft", seen)).node;
    u64 size = copy.space->size();
    EXPECT_EQ(bytes_at(*copy.space, 0, size), bytes_at(*original.space, 0, size)) << path_of(copy);
    EXPECT_NE(disk_offset(copy), disk_offset(original));
    seen++;
    return true;
  });
  EXPECT_EQ(seen, count);
}

std::vector<Make> geometries() {
  std::vector<Make> all;
  for (u64 cluster = 512; cluster <= 64 * 1024; cluster *= 2) all.push_back({16 << 20, cluster, 512, "c"});
  all.push_back({64 << 20, 128 * 1024, 512, "128 KiB clusters"});
  all.push_back({128 << 20, 2 << 20, 512, "2 MiB clusters"});
  for (u64 sector : {1024, 2048, 4096}) all.push_back({16 << 20, 4096, sector, "s"});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Made, NtfsGeometry, testing::ValuesIn(geometries()), [](const auto &info) {
  return std::to_string(info.param.cluster) + "_byte_clusters_" + std::to_string(info.param.sector) +
         "_byte_sectors";
});

TEST(NtfsBoot, more_than_128_sectors_in_a_cluster_are_a_signed_exponent) {
  std::unique_ptr<Volume> volume = make_volume({128 << 20, 2 << 20, 512, "large"});
  Node ntfs = open_volume(volume->disk);
  EXPECT_EQ(number_at(ntfs, "ntfs.boot.sectors_per_cluster"), 0x100u - 12);
  EXPECT_EQ(number_at(ntfs, "ntfs.boot.sectors_in_cluster"), 4096u);
}

TEST(NtfsBoot, a_size_that_cannot_be_is_damage_that_names_its_field) {
  std::unique_ptr<Volume> volume = make_volume();
  set(*volume, "ntfs.boot.sectors_per_cluster", u64{3});
  Node ntfs = open_volume(volume->disk);
  std::string error = thrown_by<Damage>([&] { number_at(ntfs, "ntfs.boot.cluster_bytes"); });
  EXPECT_TRUE(contains(error, "ntfs.boot at 0xd: sectors_per_cluster is 0x3")) << error;
}

TEST(NtfsBoot, a_number_of_clusters_that_wraps_around_is_damage) {
  std::unique_ptr<Volume> volume = make_volume();
  set(*volume, "ntfs.boot.mft_lcn", u64{1} << 52);
  Node ntfs = open_volume(volume->disk);
  std::string error = thrown_by<Damage>([&] { number_at(ntfs, "ntfs.boot.mft_offset"); });
  EXPECT_TRUE(contains(error, "mft_lcn does not fit in 64 bits")) << error;
}

TEST(NtfsBoot, the_copy_of_a_field_is_in_the_other_boot_sector) {
  std::unique_ptr<Volume> volume = make_volume();
  std::vector<Path> copies = copies_of(open_volume(volume->disk), parse_path("boot.mft_lcn"));
  ASSERT_EQ(copies.size(), 1u);
  EXPECT_EQ(copies[0].text, "boot_backup.mft_lcn");
}

} // namespace
} // namespace lab
