// SPDX-License-Identifier: GPL-2.0-or-later
//
// Compression units and long run lists, checked against istat's list of clusters and ntfscat's bytes.
#include "rich.h"

#include <set>
#include <sstream>

namespace lab::ntfs_test {
namespace {

const std::string packed = "ntfs.mft[\"/packed/log.txt\"].data";

std::vector<Node> children(const Node &node, const char *edge) {
  std::vector<Node> all;
  edge_named(*node.type, edge)->each(node, [&](Node one) {
    all.push_back(std::move(one));
    return true;
  });
  return all;
}

/// The clusters that istat lists for the unnamed $DATA of a record; 0 for what is in none.
std::vector<u64> stated_clusters(const std::string &file, u64 record) {
  std::istringstream lines(output_of({"istat", file, std::to_string(record)}));
  std::vector<u64> clusters;
  bool is_data = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Type: "))
      is_data = line.starts_with("Type: $DATA") && contains(line, "Name: N/A");
    else if (is_data) {
      std::istringstream numbers(line);
      for (u64 cluster; numbers >> cluster;) clusters.push_back(cluster);
    }
  }
  return clusters;
}

TEST(ntfs_units, each_unit_says_how_it_is_stored_and_holds_what_is_on_the_disk) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Node ntfs = open_volume(volume->disk);
  std::vector<Node> units = children(at(ntfs, packed).node, "unit");
  u64 size = number_at(ntfs, packed + ".data_size"), used = 0;
  ASSERT_EQ(units.size(), (size + 65535) / 65536);
  for (size_t n = 0; n < units.size(); n++) {
    EXPECT_EQ(number(units[n], "vcn"), n * 16);
    EXPECT_EQ(number(units[n], "state"), 1u);
    EXPECT_EQ(units[n].space->size(), number(units[n], "clusters") * 4096);
    used += number(units[n], "clusters");
    std::vector<Node> chunks = children(units[n], "chunk");
    EXPECT_EQ(chunks.size(), (std::min<u64>(size - n * 65536, 65536) + 4095) / 4096);
    for (const Node &chunk : chunks) EXPECT_EQ(number(chunk, "signature"), 3u);
  }
  EXPECT_EQ(used * 4096, number_at(ntfs, packed + ".compressed_size"));
}

TEST(ntfs_units, a_byte_of_a_unit_damages_that_unit_alone_for_a_driver) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  std::string before = output_of({"ntfscat", volume->file, "/packed/log.txt"});
  set(*volume, packed + ".unit[1].chunk[0].size", u64{1});
  volume->save();
  Finished run = run_program({"ntfscat", volume->file, "/packed/log.txt"}, 60);
  EXPECT_EQ(run.output.substr(0, 65536), before.substr(0, 65536));
  EXPECT_NE(run.output, before);
}

TEST(ntfs_units, a_stream_that_is_not_compressed_has_no_units) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Node ntfs = open_volume(volume->disk);
  EXPECT_TRUE(children(at(ntfs, "ntfs.mft[\"/pieces.bin\"].data").node, "unit").empty());
  EXPECT_TRUE(children(at(ntfs, "ntfs.mft[\"/holes.bin\"].data").node, "unit").empty());
}

TEST(ntfs_units, a_chunk_that_leaves_its_unit_is_damage) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  u64 broken = 0;
  for (const Node &unit : children(at(open_volume(volume->disk), packed).node, "unit")) {
    Node last = children(unit, "chunk").back();
    if (last.at + 4098 <= unit.space->size()) continue; // even the longest chunk would fit
    set(*volume, last, "size", u64{4095});
    std::string error = thrown_by<Damage>(
        [&] { children(at(open_volume(volume->disk), packed + "." + unit.name).node, "chunk"); });
    EXPECT_TRUE(contains(error, "size is 4095, which leaves the unit")) << error;
    broken++;
  }
  EXPECT_GT(broken, 0u);
}

TEST(ntfs_units, runs_are_numbered_through_over_all_records_of_a_file) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Node ntfs = open_volume(volume->disk);
  std::string file = "ntfs.mft[\"/pieces.bin\"]";
  u64 record = number_at(ntfs, file + ".record_number");
  std::vector<u64> clusters;
  std::set<u64> records;
  for (const Node &run : children(at(ntfs, file + ".data").node, "run")) {
    EXPECT_EQ(number(run, "vcn"), clusters.size()) << run.name;
    records.insert(number(run, "record"));
    for (u64 n = 0; n < number(run, "length"); n++) clusters.push_back(number(run, "lcn") + n);
  }
  EXPECT_EQ(clusters, stated_clusters(volume->file, record));
  EXPECT_GT(records.size(), 1u);
  EXPECT_EQ(number_at(ntfs, file + ".data.extent[0].run[0].record"), *records.rbegin());
}

TEST(ntfs_units, setting_the_last_run_of_a_record_leaves_the_next_records_runs_alone) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  std::string data = "ntfs.mft[\"/pieces.bin\"].data";
  Node ntfs = open_volume(volume->disk);
  u64 last = 0;
  std::vector<Node> runs = children(at(ntfs, data).node, "run");
  while (number(runs[last + 1], "record") == number(runs[0], "record")) last++;
  u64 lcn = number(runs[last], "lcn"), next = number(runs[last + 1], "lcn"),
      step = number(runs[last + 1], "step");
  set(*volume, data + "." + keyed("run", last) + ".lcn", lcn - 1);
  ntfs = open_volume(volume->disk);
  EXPECT_EQ(number_at(ntfs, data + "." + keyed("run", last) + ".lcn"), lcn - 1);
  EXPECT_EQ(number_at(ntfs, data + "." + keyed("run", last + 1) + ".lcn"), next);
  EXPECT_EQ(number_at(ntfs, data + "." + keyed("run", last + 1) + ".step"), step);
}

} // namespace
} // namespace lab::ntfs_test
