// SPDX-License-Identifier: GPL-2.0-or-later
//
// Directories: their entries, checked against sleuthkit's fls; and finding files through them, or around
// them.
#include "rich.h"

#include <sstream>

#include "formats/ntfs/index.h"

namespace lab::ntfs_test {
namespace {

/// Every file and directory that fls names, by path, with its record.
std::map<std::string, u64> stated_files(const std::string &file) {
  std::map<std::string, u64> files;
  std::istringstream lines(output_of({"fls", "-r", "-p", file}));
  std::regex form(R"([rd]/[rd] (\d+)-\d+-\d+:\t([^:]+))"); // without streams and what was deleted
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, form)) files[match[2]] = std::stoull(match[1]);
  }
  return files;
}

std::vector<std::string> names_in(const Node &volume, const std::string &directory) {
  std::vector<std::string> names;
  Node record = at(volume, "ntfs." + keyed("mft", directory)).node;
  edge_named(*record.type, "index")->each(record, [&](Node entry) {
    names.push_back(entry.label);
    return true;
  });
  return names;
}

TEST(ntfs_index, every_file_that_fls_names_is_found_by_its_path) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Node ntfs = open_volume(volume->disk);
  std::map<std::string, u64> files = stated_files(volume->file);
  EXPECT_GT(files.size(), 75u);
  for (const auto &[path, record] : files) {
    Node found = at(ntfs, "ntfs." + keyed("mft", "/" + path)).node;
    EXPECT_EQ(path_of(found), "ntfs." + keyed("mft", record)) << path;
    EXPECT_EQ(found.label, "/" + path);
    EXPECT_EQ(all_notes(found), "");
  }
}

TEST(ntfs_index, entries_come_in_order_over_all_blocks) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Node ntfs = open_volume(volume->disk);
  EXPECT_EQ(names_in(ntfs, "/dir"), (std::vector<std::string>{"a.txt", "second.txt", "sub"}));
  std::vector<std::string> many = names_in(ntfs, "/many");
  EXPECT_EQ(many.size(), 60u);
  EXPECT_TRUE(std::is_sorted(many.begin(), many.end()));
  EXPECT_GT(number_at(ntfs, "ntfs.mft[\"/many\"].index_block[1].entries_end"), 0u);
  EXPECT_EQ(number_at(ntfs, "ntfs.mft[\"/many\"].index_root.flags"), 1u);
}

TEST(ntfs_index, every_name_is_found_by_descent_and_a_tree_out_of_order_hides_it) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Node ntfs = open_volume(volume->disk);
  Node many = at(ntfs, "ntfs.mft[\"/many\"]").node;
  std::vector<std::string> names = names_in(ntfs, "/many");
  for (size_t n = 0; n < names.size(); n++) {
    std::optional<Node> entry = ntfs::entry_by_descent(many, names[n]);
    ASSERT_TRUE(entry) << names[n];
    EXPECT_EQ(disk_offset(*entry), disk_offset(at(ntfs, path_of(many) + ".index[" + std::to_string(n) + "]").node));
  }
  EXPECT_FALSE(ntfs::entry_by_descent(many, "file"));
  EXPECT_FALSE(ntfs::entry_by_descent(many, names[0] + "x"));
  // A driver that is led to the wrong block does not find the name; who reads all of them does.
  set(*volume, "ntfs.mft[\"/many\"].index_block[0].entry[0].file_name.name", std::string("zzzz"));
  ntfs = open_volume(volume->disk);
  size_t hidden = 0;
  for (const std::string &name : names) hidden += !ntfs::entry_by_descent(at(ntfs, path_of(many)).node, name);
  EXPECT_GT(hidden, 1u);
}

TEST(ntfs_index, an_entry_is_found_by_number_and_by_name) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Node ntfs = open_volume(volume->disk);
  std::string file = "ntfs.mft[\"/dir\"].index[\"a.txt\"]";
  EXPECT_EQ(number_at(ntfs, file + ".record"),
            static_cast<u64>(at(ntfs, "ntfs.mft[\"/dir/a.txt\"]").node.given));
  EXPECT_EQ(number_at(ntfs, file + ".file_name.real_size"), 12u);
  EXPECT_EQ(path_of(at(ntfs, file).node),
            "ntfs." + keyed("mft", number_at(ntfs, "ntfs.mft[\"/dir\"].record_number")) + ".index[0]");
  EXPECT_EQ(text_at(ntfs, "ntfs.mft[\"/dir\"].index[1].file_name.name"), "second.txt");
  EXPECT_EQ(text_at(ntfs, "ntfs.mft[\"/dir\"].index_root.entry[2].file_name.name"), "sub");
  std::string error = thrown_by<Misuse>([&] { at(ntfs, "ntfs.mft[\"/dir\"].index[\"b.txt\"]"); });
  EXPECT_TRUE(contains(error, "has no index[\"b.txt\"]")) << error;
}

TEST(ntfs_index, names_are_compared_in_any_case_by_the_volumes_own_table) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Node ntfs = open_volume(volume->disk);
  EXPECT_EQ(at(ntfs, "ntfs.mft[\"/DIR/A.TXT\"]").node.given, at(ntfs, "ntfs.mft[\"/dir/a.txt\"]").node.given);
  EXPECT_EQ(at(ntfs, "ntfs.mft[\"/gRÖßE иМЯ.TXT\"]").node.given,
            at(ntfs, "ntfs.mft[\"/Größe Имя.txt\"]").node.given);
  // Without the table only the letters of ASCII are left.
  wipe(*volume, "ntfs.mft[10].fixup");
  ntfs = open_volume(volume->disk);
  EXPECT_EQ(at(ntfs, "ntfs.mft[\"/DIR/A.TXT\"]").node.given, at(ntfs, "ntfs.mft[\"/dir/a.txt\"]").node.given);
  EXPECT_NE(thrown_by<Misuse>([&] { at(ntfs, "ntfs.mft[\"/gRÖßE иМЯ.TXT\"]"); }), "nothing was thrown");
}

TEST(ntfs_index, names_that_differ_in_case_alone_are_found_exactly_or_not_at_all) {
  std::unique_ptr<Volume> volume = make_volume();
  volume->fill("echo 1 > Readme; echo 2 > README");
  Node ntfs = open_volume(volume->disk);
  EXPECT_NE(at(ntfs, "ntfs.mft[\"/Readme\"]").node.given, at(ntfs, "ntfs.mft[\"/README\"]").node.given);
  std::string error = thrown_by<Misuse>([&] { at(ntfs, "ntfs.mft[\"/readme\"]"); });
  EXPECT_TRUE(contains(error, "ambiguous")) << error;
}

TEST(ntfs_index, a_file_whose_directory_is_damaged_is_found_by_its_record) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  u64 expected = static_cast<u64>(
      at(open_volume(volume->disk), "ntfs.mft[\"/many/file number 30 of many.txt\"]").node.given);
  set(*volume, "ntfs.mft[\"/many\"].index_block[0].magic", std::string("XXXX"));
  set(*volume, "ntfs.mft[\"/many\"].index_block[1].magic", std::string("XXXX"));
  set(*volume, "ntfs.mft[\"/many\"].index_block[2].magic", std::string("XXXX"));
  Node ntfs = open_volume(volume->disk);
  Node found = at(ntfs, "ntfs.mft[\"/many/file number 30 of many.txt\"]").node;
  EXPECT_EQ(static_cast<u64>(found.given), expected);
  EXPECT_TRUE(contains(all_notes(found), "found by the names in the records")) << all_notes(found);
  EXPECT_TRUE(contains(all_notes(found), "magic is not \"INDX\"")) << all_notes(found);
  std::string error = thrown_by<Damage>([&] { at(ntfs, "ntfs.mft[\"/many/none\"]"); });
  EXPECT_TRUE(contains(error, "has no file /many/none")) << error;
}

/// A disk of which some bytes cannot be read.
class Scratched : public Space {
public:
  Scratched(SpacePtr below, Extent scratch) : below(std::move(below)), scratch(scratch) {}
  u64 size() const override { return below->size(); }
  void read(u64 at, std::span<u8> out) const override {
    if (at < scratch.end() && scratch.at < at + out.size()) throw Damage("a read error", scratch.at);
    below->read(at, out);
  }
  std::vector<Extent> locate(u64 at, u64 length) const override { return {{at, length}}; }
  std::optional<Extent> offset_of(u64 on_root) const override { return Extent{on_root, size() - on_root}; }

private:
  SpacePtr below;
  Extent scratch;
};

TEST(ntfs_index, a_record_that_cannot_be_read_or_is_torn_hides_no_other) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  std::string many = "ntfs.mft[\"/many\"]", name = "ntfs.mft[\"/many/file number 30 of many.txt\"]";
  Node file = at(open_volume(volume->disk), name).node, neighbour = at(open_volume(volume->disk), "ntfs.mft[\"/many/file number 31 of many.txt\"]").node;
  for (const char *block : {"0", "1", "2"}) set(*volume, many + ".index_block[" + block + "].magic", std::string("XXXX"));
  Bytes torn = bytes_at(*volume->disk, disk_offset(file) + 1022, 2);
  volume->disk->write(disk_offset(file) + 1022, Bytes{static_cast<u8>(~torn[0]), torn[1]});
  SpacePtr scratched = std::make_shared<Scratched>(volume->disk, Extent{disk_offset(neighbour), 1024});
  Node found = at(open_volume(scratched), name).node;
  EXPECT_EQ(found.given, file.given);
  EXPECT_TRUE(contains(all_notes(found), "found by the names in the records")) << all_notes(found);
  EXPECT_NE(thrown_by<Damage>([&] { at(open_volume(scratched), "ntfs.mft[\"/many/file number 31 of many.txt\"]"); }), "nothing was thrown");
}

TEST(ntfs_index, a_damaged_block_hides_its_own_entries_only) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  set(*volume, "ntfs.mft[\"/many\"].index_block[0].magic", std::string("XXXX"));
  Node ntfs = open_volume(volume->disk);
  std::vector<std::string> names;
  Node record = at(ntfs, "ntfs.mft[\"/many\"]").node;
  std::string error = thrown_by<Damage>([&] {
    edge_named(*record.type, "index")->each(record, [&](Node entry) {
      names.push_back(entry.label);
      return true;
    });
  });
  EXPECT_TRUE(contains(error, "index_block[0] at 0x")) << error;
  EXPECT_GT(names.size(), 10u);
  EXPECT_LT(names.size(), 60u);
}

TEST(ntfs_index, a_tree_that_leads_back_to_itself_ends) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Node directory = at(open_volume(volume->disk), "ntfs.mft[\"/many\"]").node;
  edge_named(*directory.type, "index_block")->each(directory, [&](Node block) {
    if (!number(block, "flags")) return true;
    Node first = at(block, "ntfs.entry[0]").node;
    set(*volume, first, "child_vcn", number(block, "vcn"));
    return false;
  });
  std::string error = thrown_by<Damage>([&] { names_in(open_volume(volume->disk), "/many"); });
  EXPECT_TRUE(contains(error, "leads to a block that another entry leads to")) << error;
}

TEST(ntfs_index, an_entry_without_length_ends_its_node) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  set(*volume, "ntfs.mft[\"/dir\"].index_root.entry[1].length", u64{0});
  std::string error = thrown_by<Damage>([&] { names_in(open_volume(volume->disk), "/dir"); });
  EXPECT_TRUE(contains(error, "length is 0, expected 16 to")) << error;
}

TEST(ntfs_index, entries_past_the_end_of_their_node_are_damage) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  set(*volume, "ntfs.mft[\"/dir\"].index_root.entries_end", u64{0xfffffff0});
  std::string error = thrown_by<Damage>([&] { names_in(open_volume(volume->disk), "/dir"); });
  EXPECT_TRUE(contains(error, "entries_end is 4294967280, past the end")) << error;
}

TEST(ntfs_index, indexes_of_other_things_than_names_have_keys_and_data) {
  std::unique_ptr<Volume> volume = make_volume();
  Node ntfs = open_volume(volume->disk);
  EXPECT_EQ(number_at(ntfs, "ntfs.mft[9].index_root[\"$SII\"].collation"), 0x10u);
  EXPECT_EQ(number_at(ntfs, "ntfs.mft[9].index_root[\"$SII\"].entry[0].key_length"), 4u);
  EXPECT_EQ(number_at(ntfs, "ntfs.mft[9].index_root[\"$SII\"].entry[0].key.security_id"), 0x100u);
  EXPECT_EQ(number_at(ntfs, "ntfs.mft[9].index_root[\"$SII\"].entry[0].data_length"), 20u);
}

} // namespace
} // namespace lab::ntfs_test
