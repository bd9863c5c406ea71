// SPDX-License-Identifier: GPL-2.0-or-later
//
// Records, their attributes and runs, checked against sleuthkit's istat over every record of a volume.
#include "rich.h"

#include <algorithm>
#include <sstream>

namespace lab {
namespace {

/// An attribute as istat prints it: "Type: $DATA (128-2)   Name: N/A   Non-Resident   size: 92165  init_size:
/// 92165", then, if it is not resident, its clusters in lines of eight, 0 for a hole.
struct Stated {
  std::string type_and_instance, name, residence;
  u64 size = 0;
  std::vector<u64> clusters;
};

std::vector<Stated> stated_attributes(const std::string &report) {
  std::vector<Stated> all;
  std::istringstream lines(report.substr(report.find("Attributes:")));
  std::regex header(R"(Type: \S+ \((\d+-\d+)\)   Name: (.*?)   (Non-Resident|Resident).*?size: (\d+).*)");
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, header)) {
      all.push_back(
          {match[1], match[2] == "N/A" ? "" : std::string(match[2]), match[3], std::stoull(match[4]), {}});
    } else if (!all.empty()) {
      std::istringstream numbers(line);
      for (u64 n; numbers >> n;) all.back().clusters.push_back(n);
    }
  }
  return all;
}

std::vector<u64> clusters_of(const Node &attribute) {
  std::vector<u64> clusters;
  edge_named(*attribute.type, "run")->each(attribute, [&](Node run) {
    bool is_hole = !field_named(*run.type, "lcn");
    u64 first = is_hole ? 0 : std::get<i64>(value_of(run, *field_named(*run.type, "lcn")));
    for (u64 i = 0; i < number(run, "length"); i++) clusters.push_back(is_hole ? 0 : first + i);
    return true;
  });
  return clusters;
}

/// What was never written istat shows as 0, or not at all.
std::vector<u64> written(std::vector<u64> clusters, u64 bytes, u64 cluster_bytes) {
  clusters.resize(std::min<u64>(clusters.size(), (bytes + cluster_bytes - 1) / cluster_bytes));
  return clusters;
}

void expect_equal(const Node &attribute, const Stated &stated, u64 cluster_bytes) {
  std::string path = path_of(attribute);
  bool resident = number(attribute, "non_resident") == 0;
  EXPECT_EQ(std::to_string(number(attribute, "type")) + "-" + std::to_string(number(attribute, "instance")),
            stated.type_and_instance)
      << path;
  EXPECT_EQ(std::get<std::string>(value_of(attribute, *field_named(*attribute.type, "name"))), stated.name)
      << path;
  EXPECT_EQ(resident ? "Resident" : "Non-Resident", stated.residence) << path;
  EXPECT_EQ(number(attribute, resident ? "value_length" : "data_size"), stated.size) << path;
  if (resident) return;
  u64 initialized = number(attribute, "initialized_size");
  EXPECT_EQ(written(clusters_of(attribute), initialized, cluster_bytes),
            written(stated.clusters, initialized, cluster_bytes))
      << path;
}

TEST(NtfsRecord, attributes_and_clusters_are_those_that_istat_lists) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Node ntfs = open_volume(volume->disk);
  u64 compared = 0;
  for (u64 n = 0; n < number_at(ntfs, "ntfs.records"); n++) {
    if (n > 75 && n % 10 != 0) continue; // the files of a large directory are much alike
    Node record = at(ntfs, "ntfs." + keyed("mft", n)).node;
    std::vector<Node> attributes;
    edge_named(*record.type, "attribute")->each(record, [&](Node attribute) {
      attributes.push_back(std::move(attribute));
      return true;
    });
    bool is_whole =
        std::ranges::none_of(attributes, [](const Node &a) { return a.label == "$ATTRIBUTE_LIST"; });
    if (!number(record, "in_use") || number(record, "base_record") || !is_whole) continue;
    std::vector<Stated> stated = stated_attributes(output_of({"istat", volume->file, std::to_string(n)}));
    ASSERT_EQ(attributes.size(), stated.size()) << path_of(record);
    for (size_t i = 0; i < stated.size(); i++) expect_equal(attributes[i], stated[i], 4096);
    compared += stated.size();
  }
  EXPECT_GT(compared, 100u);
}

TEST(NtfsRecord, attributes_are_found_by_type_and_streams_by_name) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Node ntfs = open_volume(volume->disk);
  std::string file = "ntfs.mft[\"/dir/a.txt\"]";
  EXPECT_EQ(number_at(ntfs, file + ".attribute[\"$DATA\"].value_length"), 12u);
  EXPECT_EQ(number_at(ntfs, file + ".attribute[\"$DATA:stream\"].value_length"), 11u);
  EXPECT_EQ(at(ntfs, file + ".data").node.at, at(ntfs, file + ".attribute[\"$DATA\"]").node.at);
  EXPECT_EQ(at(ntfs, file + ".data[\"stream\"]").node.at,
            at(ntfs, file + ".attribute[\"$DATA:stream\"]").node.at);
  EXPECT_EQ(text_at(ntfs, file + ".file_name[\"second.txt\"].name"), "second.txt");
  EXPECT_EQ(text_at(ntfs, file + ".file_name[\"a.txt\"].name"), "a.txt");
  EXPECT_EQ(number_at(ntfs, file + ".link_count"), 2u);
  std::string error = thrown_by<Misuse>([&] { number_at(ntfs, file + ".data.data_size"); });
  EXPECT_TRUE(contains(error, "data_size exists only where non_resident is 1; here it is 0")) << error;
  error = thrown_by<Misuse>([&] { at(ntfs, "ntfs.mft[\"/dir\"].data"); });
  EXPECT_TRUE(contains(error, "has no data")) << error;
}

TEST(NtfsRecord, a_word_at_a_strides_end_is_read_and_written_in_the_array) {
  std::unique_ptr<Volume> volume = make_volume();
  Node record = at(open_volume(volume->disk), "ntfs.mft[0]").node;
  std::vector<Extent> word = record.space->locate(510, 2);
  ASSERT_EQ(word.size(), 1u);
  EXPECT_EQ(word[0].at, disk_offset(record) + 0x30 + 2);
  EXPECT_EQ(extents_of(at(open_volume(volume->disk), "ntfs.mft[0].fixup.saved[0]")), word);
  EXPECT_EQ(extents_of(at(open_volume(volume->disk), "ntfs.mft[0].fixup.tail[0]"))[0].at,
            disk_offset(record) + 510);
  EXPECT_EQ(extents_of(at(open_volume(volume->disk), "ntfs.mft[0].fixup")),
            (std::vector<Extent>{{disk_offset(record), 1024}}));
}

TEST(NtfsRecord, a_torn_record_is_noted_and_still_read) {
  std::unique_ptr<Volume> volume = make_volume();
  set(*volume, "ntfs.mft[5].fixup.tail[1]", u64{0xdead});
  Node record = at(open_volume(volume->disk), "ntfs.mft[5]").node;
  EXPECT_TRUE(contains(all_notes(record), "torn: stride 1 ends in 0xdead, expected 0x")) << all_notes(record);
  EXPECT_EQ(text_at(open_volume(volume->disk), "ntfs.mft[5].file_name[0].name"), ".");
  EXPECT_NE(run_program({"ntfsls", volume->file}, 60).code, 1); // the file is as it was made
  volume->save();
  EXPECT_NE(run_program({"ntfsls", volume->file}, 60).code, 0);
}

TEST(NtfsRecord, an_array_of_another_length_than_the_record_has_strides_is_not_followed) {
  std::unique_ptr<Volume> volume = make_volume();
  set(*volume, "ntfs.mft[5].usa_count", u64{9});
  Node record = at(open_volume(volume->disk), "ntfs.mft[5]").node;
  EXPECT_TRUE(contains(all_notes(record), "update sequence array of 9 words, expected 3"))
      << all_notes(record);
  EXPECT_EQ(record.space->locate(510, 2)[0].at, disk_offset(record) + 510);
}

TEST(NtfsRecord, an_array_that_leaves_the_first_stride_is_not_followed) {
  std::unique_ptr<Volume> volume = make_volume();
  set(*volume, "ntfs.mft[5].usa_offset", u64{0x1fc});
  Node record = at(open_volume(volume->disk), "ntfs.mft[5]").node;
  EXPECT_TRUE(contains(all_notes(record), "update sequence array at 0x1fc")) << all_notes(record);
}

TEST(NtfsRecord, an_attribute_without_length_is_shown_and_then_ends_the_list) {
  std::unique_ptr<Volume> volume = make_volume();
  set(*volume, "ntfs.mft[5].attribute[1].length", u64{0});
  Node record = at(open_volume(volume->disk), "ntfs.mft[5]").node;
  std::vector<std::string> labels;
  std::string error = thrown_by<Damage>([&] {
    edge_named(*record.type, "attribute")->each(record, [&](Node attribute) {
      labels.push_back(attribute.label);
      return true;
    });
  });
  EXPECT_EQ(labels, (std::vector<std::string>{"$STANDARD_INFORMATION", "$FILE_NAME"}));
  EXPECT_TRUE(contains(error, "length is 0, expected 24 to")) << error;
  EXPECT_TRUE(contains(
      error, " at " + hex_offset(disk_offset(record, number(record, "attributes_offset")) + 0x48 + 4)))
      << error;
}

TEST(NtfsRecord, a_wiped_record_says_so) {
  std::unique_ptr<Volume> volume = make_volume();
  wipe(*volume, "ntfs.mft[7].fixup");
  Node record = at(open_volume(volume->disk), "ntfs.mft[7]").node;
  EXPECT_TRUE(contains(all_notes(record), "all zero: never used, or wiped")) << all_notes(record);
}

TEST(NtfsRecord, what_the_volume_says_of_itself_is_in_record_3) {
  std::unique_ptr<Volume> volume = make_volume();
  Node ntfs = open_volume(volume->disk);
  EXPECT_EQ(number_at(ntfs, "ntfs.mft[3].volume_information.major_version"), 3u);
  EXPECT_EQ(number_at(ntfs, "ntfs.mft[3].volume_information.dirty"), 0u);
  EXPECT_EQ(text_at(ntfs, "ntfs.mft[3].volume_name.name"), "tested");
  set(*volume, "ntfs.mft[3].volume_information.dirty", u64{1});
  set(*volume, "ntfs.label", std::string("change"));
  set(*volume, "ntfs.mirror[3].volume_information.dirty", u64{1});
  set(*volume, "ntfs.mirror[3].volume_name.name", std::string("change"));
  volume->save();
  std::string report = output_of({"ntfsinfo", "--mft", "--force", volume->file});
  EXPECT_TRUE(contains(report, "Volume Flags: 0x0001 DIRTY")) << report;
  EXPECT_TRUE(contains(report, "Volume Name: change")) << report;
}

} // namespace
} // namespace lab
