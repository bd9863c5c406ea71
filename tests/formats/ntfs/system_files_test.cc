// SPDX-License-Identifier: GPL-2.0-or-later
//
// Shortcuts to the smaller system files of a volume that mkntfs made.
#include "image.h"

#include "base/sums.h"

namespace lab::ntfs_test {
namespace {

TEST(ntfs_system_files, attrdef_lists_the_types_of_attributes) {
  std::unique_ptr<Volume> volume = make_volume();
  Node ntfs = open_volume(volume->disk);
  u64 count = 0, before = 0;
  edge_named(*ntfs.type, "attrdef")->each(ntfs, [&](Node definition) {
    EXPECT_GT(number(definition, "type"), before);
    before = number(definition, "type");
    return ++count;
  });
  EXPECT_EQ(count, 15u); // as `ntfsinfo -i 4` shows by its size of 2560 bytes, the end mark included
  EXPECT_EQ(number_at(ntfs, "ntfs.attrdef[\"$FILE_NAME\"].flags"), 0x42u);
  EXPECT_EQ(std::get<i64>(value_at(ntfs, "ntfs.attrdef[\"$DATA\"].maximum_size")), -1);
}

TEST(ntfs_system_files, the_table_of_letters_has_a_sum) {
  EXPECT_EQ(crc64(Bytes{'1', '2', '3', '4', '5', '6', '7', '8', '9'}), 0xae8b14860a799888u); // of CRC-64/NVME
  std::unique_ptr<Volume> volume = make_volume();
  EXPECT_EQ(all_notes(at(open_volume(volume->disk), "ntfs.upcase_info").node), "");
  set(*volume, "ntfs.upcase.entry[65535]", u64{1});
  std::string notes = all_notes(at(open_volume(volume->disk), "ntfs.upcase_info").node);
  EXPECT_TRUE(contains(notes, "the sum of $UpCase is 0x")) << notes;
  std::string error = thrown_by<Misuse>([&] { at(open_volume(volume->disk), "ntfs.upcase.entry[65536]"); });
  EXPECT_TRUE(contains(error, "there are 65536")) << error;
}

TEST(ntfs_system_files, bad_clusters_are_the_runs_of_a_stream_as_long_as_the_volume) {
  std::unique_ptr<Volume> volume = make_volume();
  Node ntfs = open_volume(volume->disk);
  EXPECT_EQ(path_of(at(ntfs, "ntfs.badclus").node), "ntfs.mft[8].data[\"$Bad\"]");
  EXPECT_EQ(number_at(ntfs, "ntfs.badclus.run[0].step_size"), 0u);
  EXPECT_EQ(number_at(ntfs, "ntfs.badclus.run[0].length"), number_at(ntfs, "ntfs.clusters"));
}

TEST(ntfs_system_files, a_hibernation_file_says_that_windows_sleeps_in_it) {
  std::unique_ptr<Volume> volume = make_volume();
  std::string error = thrown_by<Misuse>([&] { at(open_volume(volume->disk), "ntfs.hiberfile"); });
  EXPECT_TRUE(contains(error, "has no file /hiberfil.sys")) << error;
  volume->fill("printf hibr > hiberfil.sys; truncate -s 4096 hiberfil.sys");
  Node signature = at(open_volume(volume->disk), "ntfs.hiberfile").node;
  const Field &field = *field_named(*signature.type, "signature");
  EXPECT_EQ(symbol(field, value_of(signature, field)), "hibr");
  EXPECT_NE(run_program({"ntfs-3g.probe", "--readwrite", volume->file}, 60).code, 0);
  set(*volume, "ntfs.hiberfile.signature", parse_value(field, "wake"));
  volume->save();
  EXPECT_EQ(output_of({"ntfscat", volume->file, "/hiberfil.sys"}).substr(0, 4), "wake");
}

TEST(ntfs_system_files, an_attribute_of_an_unknown_type_is_raw) {
  std::unique_ptr<Volume> volume = make_volume();
  set(*volume, "ntfs.mft[3].attribute[\"$VOLUME_NAME\"].type", u64{0xf0});
  Node ntfs = open_volume(volume->disk);
  EXPECT_EQ(std::get<Bytes>(value_at(ntfs, "ntfs.mft[3].attribute[\"$PROPERTY_SET\"].value.data")),
            unhex("740065007300740065006400")); // "tested"
}

TEST(ntfs_system_files, a_bitmap_attribute_is_shown_bit_by_bit) {
  std::unique_ptr<Volume> volume = make_volume();
  Node ntfs = open_volume(volume->disk);
  for (u64 n : {0, 15, 16, 24, 26})
    EXPECT_EQ(number_at(ntfs, "ntfs.mft_bitmap." + keyed("bit", n)),
              number_at(ntfs, "ntfs.mft[0].attribute[\"$BITMAP\"].value." + keyed("bit", n)));
  EXPECT_EQ(number_at(ntfs, "ntfs.mft_bitmap.bit[0]"), 1u);
}

} // namespace
} // namespace lab::ntfs_test
