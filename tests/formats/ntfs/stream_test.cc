// SPDX-License-Identifier: GPL-2.0-or-later
//
// Streams: their bytes, checked against ntfscat; and run lists, checked by what ntfscat reads after a change.
#include "rich.h"

namespace lab {
namespace {

std::string content(const Node &volume, const std::string &path) {
  SpacePtr space = at(volume, path).node.space;
  Bytes bytes = bytes_at(*space, 0, space->size());
  return {bytes.begin(), bytes.end()};
}

std::string first_cluster(const Volume &volume, u64 lcn) {
  Bytes bytes = bytes_at(*volume.disk, lcn * 4096, 4096);
  return {bytes.begin(), bytes.end()};
}

TEST(NtfsStream, content_is_what_ntfscat_reads) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Node ntfs = open_volume(volume->disk);
  for (std::string file : {"/dir/a.txt", "/dir/sub/numbers.txt", "/holes.bin", "/pieces.bin",
                           "/many/file number 7 of many.txt", "/$Bitmap", "/$UpCase", "/$Boot"}) {
    std::string ours = content(ntfs, "ntfs." + keyed("mft", file) + ".data.content");
    EXPECT_TRUE(ours == output_of({"ntfscat", volume->file, file})) << file;
  }
  std::string ours = content(ntfs, "ntfs.mft[\"/dir/a.txt\"].data[\"large stream\"].content");
  EXPECT_TRUE(ours == output_of({"ntfscat", "--attribute-name", "large stream", volume->file, "/dir/a.txt"}));
}

TEST(NtfsStream, a_compression_unit_has_no_bytes_of_its_own) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Node ntfs = open_volume(volume->disk);
  Node data = at(ntfs, "ntfs.mft[\"/packed/log.txt\"].data").node;
  EXPECT_EQ(number(data, "compressed"), 1u);
  EXPECT_LT(number(data, "compressed_size"), number(data, "allocated_size"));
  std::string error = thrown_by<Damage>([&] { content(ntfs, "ntfs.mft[\"/packed/log.txt\"].data.content"); });
  EXPECT_TRUE(contains(error, "no bytes on disk")) << error;
}

TEST(NtfsStream, a_hole_reads_as_zero_and_has_no_place) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Node ntfs = open_volume(volume->disk);
  Node bytes = at(ntfs, "ntfs.mft[\"/holes.bin\"].data.content").node;
  EXPECT_EQ(bytes_at(*bytes.space, 0, 4096), Bytes(4096, 0));
  EXPECT_TRUE(contains(thrown_by<Damage>([&] { bytes.space->locate(0, 1); }), "no bytes on disk"));
  std::string error = thrown_by<Misuse>([&] { number_at(ntfs, "ntfs.mft[\"/holes.bin\"].data.run[0].lcn"); });
  EXPECT_TRUE(contains(error, "has nothing named 'lcn'")) << error;
}

TEST(NtfsStream, a_run_list_goes_on_in_other_records) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Node ntfs = open_volume(volume->disk);
  std::string data = "ntfs.mft[\"/pieces.bin\"].data";
  u64 expected = number_at(ntfs, data + ".highest_vcn") + 1;
  EXPECT_LT(expected, 300u);
  EXPECT_EQ(number_at(ntfs, data + ".extent[0].lowest_vcn"), expected);
  EXPECT_EQ(first_cluster(*volume, number_at(ntfs, data + ".extent[0].run[0].lcn")).substr(0, 6 + 3),
            "piece " + std::to_string(expected));
  EXPECT_EQ(number_at(ntfs, "ntfs.mft[\"/pieces.bin\"].attribute_list[0].type"), 0x10u);
}

/// A file of three runs, written so that each lies elsewhere.
std::unique_ptr<Volume> make_fragmented() {
  std::unique_ptr<Volume> volume = make_volume();
  volume->fill(
      "for n in 3 2 1 0; do printf 'piece %d' $n | dd of=f bs=4096 seek=$n conv=notrunc status=none; done");
  return volume;
}

std::vector<u64> places(const Node &volume) {
  std::vector<u64> lcns;
  Node data = at(volume, "ntfs.mft[\"/f\"].data").node;
  edge_named(*data.type, "run")->each(data, [&](Node run) {
    lcns.push_back(static_cast<u64>(std::get<i64>(value_of(run, *field_named(*run.type, "lcn")))));
    return true;
  });
  return lcns;
}

TEST(NtfsStream, setting_lcn_moves_one_run_and_leaves_the_next_in_place) {
  std::unique_ptr<Volume> volume = make_fragmented();
  std::vector<u64> before = places(open_volume(volume->disk));
  ASSERT_GE(before.size(), 3u);
  set(*volume, "ntfs.mft[\"/f\"].data.run[1].lcn", before[1] + 1);
  std::vector<u64> expected = before;
  expected[1]++;
  EXPECT_EQ(places(open_volume(volume->disk)), expected);
}

TEST(NtfsStream, setting_step_moves_all_runs_that_follow) {
  std::unique_ptr<Volume> volume = make_fragmented();
  Node ntfs = open_volume(volume->disk);
  std::vector<u64> expected = places(ntfs);
  i64 step = std::get<i64>(value_at(ntfs, "ntfs.mft[\"/f\"].data.run[1].step"));
  set(*volume, "ntfs.mft[\"/f\"].data.run[1].step", step + 1);
  for (size_t i = 1; i < expected.size(); i++) expected[i]++;
  EXPECT_EQ(places(open_volume(volume->disk)), expected);
}

TEST(NtfsStream, a_driver_reads_a_moved_run_where_it_was_moved_to) {
  std::unique_ptr<Volume> volume = make_fragmented();
  std::vector<u64> runs = places(open_volume(volume->disk));
  set(*volume, "ntfs.mft[\"/f\"].data.run[0].lcn", runs[1]);
  volume->save();
  EXPECT_EQ(output_of({"ntfscat", volume->file, "/f"}).substr(0, 4096), first_cluster(*volume, runs[1]));
}

TEST(NtfsStream, a_cluster_that_does_not_fit_the_stored_width_is_refused) {
  std::unique_ptr<Volume> volume = make_fragmented();
  std::string error =
      thrown_by<Misuse>([&] { set(*volume, "ntfs.mft[\"/f\"].data.run[0].lcn", u64{1} << 40); });
  EXPECT_TRUE(contains(error, "does not fit in the")) << error;
}

TEST(NtfsStream, a_run_that_cannot_be_decoded_is_shown_and_then_ends_the_list) {
  std::unique_ptr<Volume> volume = make_fragmented();
  set(*volume, "ntfs.mft[\"/f\"].data.run[1].length_size", u64{15});
  Node ntfs = open_volume(volume->disk);
  Node data = at(ntfs, "ntfs.mft[\"/f\"].data").node;
  int shown = 0;
  std::string error =
      thrown_by<Damage>([&] { edge_named(*data.type, "run")->each(data, [&](Node) { return ++shown; }); });
  EXPECT_TRUE(contains(error, "a run with 15 bytes of length")) << error;
  EXPECT_EQ(shown, 2);
  EXPECT_EQ(number_at(ntfs, "ntfs.mft[\"/f\"].data.run[1].length_size"), 15u);
  error = thrown_by<Damage>([&] { content(ntfs, "ntfs.mft[\"/f\"].data.content"); });
  EXPECT_TRUE(contains(error, "a run with 15 bytes of length")) << error;
}

TEST(NtfsStream, a_run_of_negative_length_is_damage) {
  std::unique_ptr<Volume> volume = make_fragmented();
  set(*volume, "ntfs.mft[\"/f\"].data.run[0].length", i64{-1});
  std::string error =
      thrown_by<Damage>([&] { content(open_volume(volume->disk), "ntfs.mft[\"/f\"].data.content"); });
  EXPECT_TRUE(contains(error, "a run of -1 clusters")) << error;
}

TEST(NtfsStream, a_run_past_the_volumes_end_is_damage_when_it_is_read) {
  std::unique_ptr<Volume> volume = make_fragmented();
  set(*volume, "ntfs.mft[\"/f\"].data.run[0].step", u64{0x7fff});
  Node ntfs = open_volume(volume->disk);
  EXPECT_NE(thrown_by<Damage>([&] { content(ntfs, "ntfs.mft[\"/f\"].data.content"); }), "nothing was thrown");
}

TEST(NtfsStream, runs_that_hold_less_than_the_size_are_noted) {
  std::unique_ptr<Volume> volume = make_fragmented();
  set(*volume, "ntfs.mft[\"/f\"].data.data_size", u64{1} << 30);
  Node bytes = at(open_volume(volume->disk), "ntfs.mft[\"/f\"].data.content").node;
  EXPECT_TRUE(contains(all_notes(bytes), "data_size is 1073741824; the runs hold 16384")) << all_notes(bytes);
}

} // namespace
} // namespace lab
