// SPDX-License-Identifier: GPL-2.0-or-later
//
// Opening volumes that are damaged where everything else is found from.
#include "image.h"

namespace lab::ntfs_test {
namespace {

Sign sign_of(const Volume &volume) { return ntfs_format().recognise(volume.disk, 512); }

/// Record 5 is the root directory, found wherever $MFT was looked for.
void expect_root(const Node &ntfs) { EXPECT_EQ(text_at(ntfs, "ntfs.mft[5].file_name[0].name"), "."); }

std::unique_ptr<Volume> make_with_file() {
  std::unique_ptr<Volume> volume = make_volume();
  volume->fill("mkdir dir; echo text > dir/a.txt");
  return volume;
}

TEST(ntfs_survey, a_whole_volume_has_no_notes) {
  std::unique_ptr<Volume> volume = make_with_file();
  EXPECT_EQ(sign_of(*volume), Sign::boot);
  EXPECT_EQ(all_notes(open_volume(volume->disk)), "");
}

TEST(ntfs_survey, without_a_boot_sector_the_backup_leads_to_everything) {
  std::unique_ptr<Volume> volume = make_with_file();
  volume->disk->zero(0, 4096);
  EXPECT_EQ(sign_of(*volume), Sign::backup);
  Node ntfs = open_volume(volume->disk);
  EXPECT_TRUE(contains(all_notes(ntfs), "taken from boot_backup")) << all_notes(ntfs);
  EXPECT_TRUE(contains(all_notes(ntfs), "bytes_per_sector is 0")) << all_notes(ntfs);
  expect_root(ntfs);
  EXPECT_EQ(number_at(ntfs, "ntfs.mft[\"/dir/a.txt\"].data.value_length"), 5u);
  EXPECT_EQ(number_at(ntfs, "ntfs.boot.mft_lcn"), 0u);
}

TEST(ntfs_survey, a_shifted_place_of_mft_is_seen_though_records_are_there_too) {
  std::unique_ptr<Volume> volume = make_with_file();
  u64 lcn = number_at(open_volume(volume->disk), "ntfs.boot.mft_lcn");
  for (u64 shifted : {lcn + 1, lcn + 2, lcn - 1, lcn + 1000000, u64{1} << 60}) {
    set(*volume, "ntfs.boot.mft_lcn", shifted);
    Node ntfs = open_volume(volume->disk);
    EXPECT_EQ(number_at(ntfs, "ntfs.boot.mft_lcn"), shifted);
    EXPECT_TRUE(contains(all_notes(ntfs), "taken from boot_backup")) << shifted;
    expect_root(ntfs);
  }
}

TEST(ntfs_survey, a_doubled_cluster_size_is_seen) {
  std::unique_ptr<Volume> volume = make_with_file();
  set(*volume, "ntfs.boot.sectors_per_cluster", u64{16});
  Node ntfs = open_volume(volume->disk);
  EXPECT_EQ(number_at(ntfs, "ntfs.cluster_bytes"), 4096u);
  expect_root(ntfs);
}

TEST(ntfs_survey, another_record_size_is_seen) {
  std::unique_ptr<Volume> volume = make_with_file();
  set(*volume, "ntfs.boot.record_size", i64{-11});
  Node ntfs = open_volume(volume->disk);
  EXPECT_EQ(number_at(ntfs, "ntfs.record_bytes"), 1024u);
  expect_root(ntfs);
}

TEST(ntfs_survey, without_record_0_the_run_list_comes_from_the_mirror) {
  std::unique_ptr<Volume> volume = make_with_file();
  wipe(*volume, "ntfs.mft[0].fixup");
  Node ntfs = open_volume(volume->disk);
  EXPECT_TRUE(contains(all_notes(ntfs), "from its copy in $MFTMirr")) << all_notes(ntfs);
  expect_root(ntfs);
  EXPECT_EQ(number_at(ntfs, "ntfs.mft[0].flags"), 0u);
  EXPECT_EQ(number_at(ntfs, "ntfs.mirror[0].in_use"), 1u);
}

TEST(ntfs_survey, a_moved_first_run_in_record_0_is_seen_by_its_disagreement) {
  std::unique_ptr<Volume> volume = make_with_file();
  set(*volume, "ntfs.mft[0].data.run[0].lcn", u64{100});
  Node ntfs = open_volume(volume->disk);
  EXPECT_TRUE(contains(all_notes(ntfs), "from its copy in $MFTMirr")) << all_notes(ntfs);
  expect_root(ntfs);
  EXPECT_EQ(number_at(ntfs, "ntfs.mft[0].data.run[0].lcn"), 100u);
}

TEST(ntfs_survey, without_boot_sector_and_record_0_both_copies_serve) {
  std::unique_ptr<Volume> volume = make_with_file();
  wipe(*volume, "ntfs.mft[0].fixup");
  volume->disk->zero(0, 4096);
  Node ntfs = open_volume(volume->disk);
  expect_root(ntfs);
}

TEST(ntfs_survey, without_any_record_0_the_volumes_own_records_are_still_addressable) {
  std::unique_ptr<Volume> volume = make_with_file();
  for (u64 n = 0; n < 4; n++) wipe(*volume, "ntfs." + keyed("mirror", n) + ".fixup");
  for (u64 n = 0; n < 4; n++) wipe(*volume, "ntfs." + keyed("mft", n) + ".fixup");
  Node ntfs = open_volume(volume->disk);
  EXPECT_TRUE(
      contains(all_notes(ntfs), "no record 0 is usable; $MFT is taken to be 16 records from cluster 4"))
      << all_notes(ntfs);
  expect_root(ntfs);
  EXPECT_EQ(number_at(ntfs, "ntfs.records"), 16u);
}

TEST(ntfs_survey, without_both_boot_sectors_only_these_are_left) {
  std::unique_ptr<Volume> volume = make_with_file();
  wipe(*volume, "ntfs.boot_backup");
  wipe(*volume, "ntfs.boot", 0xff);
  EXPECT_EQ(sign_of(*volume), Sign::none);
  Node ntfs = open_volume(volume->disk);
  EXPECT_EQ(number_at(ntfs, "ntfs.boot.signature"), 0xffffu);
  EXPECT_EQ(at(ntfs, "ntfs.boot_backup").node.at, (16u << 20) - 512);
  for (std::string path :
       {"ntfs.mft[0]", "ntfs.mirror[0]", "ntfs.label", "ntfs.bitmap", "ntfs.clusters", "ntfs.logfile"}) {
    std::string error = thrown_by<Damage>([&] {
      Target target = at(ntfs, path);
      if (target.field) value_of(target.node, *target.field);
    });
    EXPECT_TRUE(contains(
        error, "neither boot sector says where $MFT is: ntfs.boot at 0xb: bytes_per_sector is 65535"))
        << error;
    EXPECT_TRUE(contains(error, "ntfs.boot_backup at 0xfffe0b: bytes_per_sector is 0")) << error;
  }
}

TEST(ntfs_survey, a_place_of_mft_that_wraps_around_in_both_boot_sectors_is_trouble_not_an_error) {
  std::unique_ptr<Volume> volume = make_with_file();
  for (std::string boot : {"ntfs.boot", "ntfs.boot_backup"}) {
    set(*volume, boot + ".mft_lcn", u64{1} << 61);
    set(*volume, boot + ".mirror_lcn", u64{1} << 61);
  }
  Node ntfs = open_volume(volume->disk);
  std::string error = thrown_by<Damage>([&] { at(ntfs, "ntfs.mft[0]"); });
  EXPECT_TRUE(contains(error, "$MFT cannot be found: the end of a run of $MFT does not fit in 64 bits"))
      << error;
}

TEST(ntfs_survey, a_volume_of_4096_byte_sectors_is_found_on_a_device_of_512) {
  std::unique_ptr<Volume> volume = make_volume({16 << 20, 4096, 4096, "4Kn"});
  volume->disk->zero(0, 4096);
  EXPECT_EQ(sign_of(*volume), Sign::backup);
  Node ntfs = open_volume(volume->disk);
  EXPECT_EQ(at(ntfs, "ntfs.boot_backup").node.at, (16u << 20) - 4096);
  EXPECT_FALSE(contains(all_notes(ntfs), "not in the last sector of the partition")) << all_notes(ntfs);
  expect_root(ntfs);
}

TEST(ntfs_survey, a_shifted_place_of_the_mirror_is_seen) {
  std::unique_ptr<Volume> volume = make_with_file();
  u64 lcn = number_at(open_volume(volume->disk), "ntfs.boot.mirror_lcn");
  set(*volume, "ntfs.boot.mirror_lcn", lcn - 7);
  Node ntfs = open_volume(volume->disk);
  EXPECT_TRUE(contains(all_notes(ntfs), "$MFTMirr is taken from the other boot sector")) << all_notes(ntfs);
  EXPECT_EQ(disk_offset(at(ntfs, "ntfs.mirror[0]").node), lcn * 4096);
}

TEST(ntfs_survey, the_backup_is_found_where_the_volume_ends_before_the_partition) {
  std::unique_ptr<Volume> volume = make_volume();
  volume->disk->bytes.resize((16 << 20) + 65536);
  Node ntfs = open_volume(volume->disk);
  EXPECT_EQ(at(ntfs, "ntfs.boot_backup").node.at, (16u << 20) - 512);
  EXPECT_EQ(text_at(ntfs, "ntfs.boot_backup.oem_id"), "NTFS    ");
}

TEST(ntfs_survey, any_length_of_volume_is_opened) {
  std::unique_ptr<Volume> volume = make_volume();
  Bytes whole = volume->disk->bytes;
  for (u64 size : {0, 1, 511, 512, 513, 4096, 16384, 17000, 20480, 40000, 1 << 20}) {
    Bytes part(whole.begin(), whole.begin() + size);
    EXPECT_NO_THROW(open_volume(std::make_shared<MemoryDevice>(part))) << size;
    EXPECT_NO_THROW(ntfs_format().recognise(std::make_shared<MemoryDevice>(part), 512)) << size;
  }
}

/// A volume that was full but for every other cluster when $MFT had to grow.
std::unique_ptr<Volume> make_with_scattered_mft() {
  std::unique_ptr<Volume> volume = make_volume();
  volume->fill("mkdir d 1 2 3 4 5 6 7 8; head -c 540000 /dev/zero | split -b 900 -a 3 -d - d/; cp /dev/zero "
               "full || true");
  Node ntfs = open_volume(volume->disk);
  std::string every_other;
  for (int n = 0; n < 600; n++) {
    std::string path = "d/" + std::to_string(1000 + n).substr(1);
    if (number_at(ntfs, "ntfs." + keyed("mft", path) + ".data.run[0].lcn") % 2) every_other += " " + path;
  }
  volume->fill("truncate -s 0" + every_other +
               "; for d in 1 2 3 4 5 6 7 8; do touch $(seq -f $d/%g 115); done || true");
  return volume;
}

TEST(ntfs_survey, a_fragmented_mft_is_followed_through_its_attribute_list) {
  std::unique_ptr<Volume> volume = make_with_scattered_mft();
  Node ntfs = open_volume(volume->disk);
  EXPECT_EQ(all_notes(ntfs), "");
  EXPECT_GT(number_at(ntfs, "ntfs.mft[0].data.extent[0].lowest_vcn"), 0u);
  u64 count = number_at(ntfs, "ntfs.records");
  EXPECT_EQ(count, output_of({"ntfscat", volume->file, "$MFT"}).size() / 1024);
  for (u64 n = 24; n < count; n++) {
    Node record = at(ntfs, "ntfs." + keyed("mft", n)).node;
    ASSERT_EQ(number(record, "record_number"), n);
    Place place = ntfs.type->units[3].place(ntfs, n);
    ASSERT_EQ(place.at, disk_offset(record)) << place.arithmetic;
  }
}

TEST(ntfs_survey, units_say_where_things_are_and_how_that_was_computed) {
  std::unique_ptr<Volume> volume = make_volume();
  Node ntfs = open_volume(volume->disk);
  Place cluster = ntfs.type->units[0].place(ntfs, 5);
  EXPECT_EQ(cluster.at, 5u * 4096);
  EXPECT_EQ(cluster.arithmetic, "5 x 8 sectors x 512 bytes");
  EXPECT_EQ(ntfs.type->units[0].limit(ntfs), 4095u);
  EXPECT_EQ(ntfs.type->units[3].place(ntfs, 5).arithmetic, "cluster 5 x 8 sectors x 512 bytes + 1024 bytes");
}

TEST(ntfs_survey, bits_and_entries_of_the_volumes_own_files_are_arrays) {
  std::unique_ptr<Volume> volume = make_volume();
  Node ntfs = open_volume(volume->disk);
  EXPECT_EQ(number_at(ntfs, "ntfs.bitmap.bit[4]"), 1u);
  EXPECT_EQ(number_at(ntfs, "ntfs.bitmap.bit[3000]"), 0u);
  EXPECT_EQ(number_at(ntfs, "ntfs.mft_bitmap.bit[5]"), 1u);
  EXPECT_EQ(number_at(ntfs, "ntfs.mft_bitmap.bit[40]"), 0u);
  EXPECT_EQ(number_at(ntfs, "ntfs.upcase.entry[97]"), 65u);
  EXPECT_EQ(number_at(ntfs, "ntfs.upcase.entry[65535]"), 65535u);
}

} // namespace
} // namespace lab::ntfs_test
