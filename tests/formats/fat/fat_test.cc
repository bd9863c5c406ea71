// SPDX-License-Identifier: GPL-2.0-or-later
//
// FAT volumes of all three widths, made by mkfs.fat and filled by mtools.
#include <regex>
#include <set>

#include "../images.h"
#include "base/sums.h"

using namespace lab;
using namespace lab::test;

namespace {

struct Make {
  int width;
  u64 size;
  const char *options;
};

class Fat : public testing::TestWithParam<Make> {
 protected:
  int width() const { return GetParam().width; }
  std::string name() const { return fmt::format("fat{}", width()); }

  /// A file in two pieces (another lies between), a directory in a directory, long and short names.
  Image make() {
    Image disk = image(GetParam().size);
    disk->run(
        fmt::format("mkfs.fat -F {} -i 1234abcd -n 'MY LABEL' {} {{disk}}", width(), GetParam().options));
    disk->run("cd {dir} && seq 1 4000 >a && seq 5001 9000 >b && cat a b >long && seq 700 >short && export "
              "MTOOLSRC=/dev/null &&"
              "mcopy -i {disk} a ::/part && mcopy -i {disk} short ::/between.txt && mdel -i {disk} ::/part");
    if (width() == 32)
      set(*disk, open_disk(disk), "fat32.fsinfo.next_free", u64{2}); // else nothing is put into the gap
    disk->run("cd {dir} && export MTOOLSRC=/dev/null && mcopy -i {disk} long '::/Fragmented file.data' && "
              "mmd -i {disk} ::/DIR ::/DIR/Größe &&"
              "mcopy -i {disk} short '::/DIR/Größe/A rather long name, of three parts.txt' && mcopy -i "
              "{disk} short ::/UPPER.TXT");
    return disk;
  }

  Bytes read_file(const Image &disk, const char *file) {
    std::ifstream stream(disk->folder / file, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(stream), {});
  }
};

std::string output_of(const Image &disk, const std::string &command) {
  disk->run("(" + command + ") >{dir}/output || true");
  std::ifstream stream(disk->folder / "output");
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

u64 number_before(const std::string &text, const std::string &words) {
  std::smatch found;
  if (!std::regex_search(text, found, std::regex("([0-9]+) " + words)))
    ADD_FAILURE() << words << " not in " << text;
  return std::stoull(found[1]);
}

u64 number_after(const std::string &text, const std::string &words) {
  std::smatch found;
  if (!std::regex_search(text, found, std::regex(words + " ([0-9]+)")))
    ADD_FAILURE() << words << " not in " << text;
  return std::stoull(found[1]);
}

} // namespace

TEST_P(Fat, places_are_where_fsck_says) {
  Image disk = make();
  Node root = open_disk(disk);
  std::string fsck = output_of(disk, "fsck.fat -nv {disk}");
  EXPECT_EQ(get_number(root, name() + ".sector_size"), number_before(fsck, "bytes per logical sector"));
  EXPECT_EQ(get_number(root, name() + ".cluster_size"), number_before(fsck, "bytes per cluster"));
  EXPECT_EQ(get_number(root, name() + ".fat_offset"), number_after(fsck, "First FAT starts at byte"));
  EXPECT_EQ(get_number(root, name() + ".fat_size"), number_before(fsck, "bytes per FAT"));
  EXPECT_EQ(get_number(root, name() + ".data_offset"), number_after(fsck, "Data area starts at byte"));
  EXPECT_EQ(get_number(root, name() + ".cluster_count"), number_before(fsck, "data clusters"));
}

TEST_P(Fat, the_boot_sector_holds_what_mkfs_was_told) {
  Node root = open_disk(make());
  EXPECT_EQ(get_number(root, name() + ".boot.serial"), 0x1234abcdu);
  EXPECT_EQ(get_text(root, name() + ".boot.volume_label"), "MY LABEL   ");
  EXPECT_EQ(get_text(root, name() + ".boot.file_system_type"), fmt::format("FAT{}   ", width()));
  EXPECT_EQ(get_text(root, name() + ".label"), "MY LABEL");
}

TEST_P(Fat, a_file_is_its_chain) {
  Image disk = make();
  Node root = open_disk(disk);
  Bytes expected = read_file(disk, "long");
  Node content = at(root, name() + ".file[\"/Fragmented file.data\"].content").node;
  EXPECT_TRUE(content.notes.empty());
  EXPECT_EQ(content.space->size(), expected.size());
  EXPECT_EQ(bytes_at(*content.space, 0, expected.size()), expected);
  EXPECT_GT(content.space->locate(0, expected.size()).size(), 1u) << "the file should be fragmented";
}

TEST_P(Fat, a_link_of_a_chain_is_the_entry_of_its_cluster) {
  Node root = open_disk(make());
  std::string file = name() + ".file[\"/Fragmented file.data\"]";
  u64 clusters = children(at(root, file).node, "chain").nodes.size();
  ASSERT_GT(clusters, 2u);
  u64 cluster = get_number(root, file + ".first_cluster");
  for (u64 n = 0; n < clusters; n++) {
    std::string link = fmt::format("{}.chain[{}]", file, n);
    EXPECT_EQ(get_number(root, link + ".cluster"), cluster);
    EXPECT_EQ(get_number(root, link + ".next"),
              get_number(root, fmt::format("{}.fat[0].entry[{}]", name(), cluster)));
    EXPECT_EQ(extents_of(at(root, link + ".next")),
              extents_of(at(root, fmt::format("{}.fat[0].entry[{}]", name(), cluster))));
    cluster = get_number(root, link + ".next");
  }
  EXPECT_GE(cluster, (u64{1} << std::min(width(), 28)) - 8);
}

TEST_P(Fat, a_link_has_a_copy_in_the_other_table) {
  Node root = open_disk(make());
  std::string file = name() + ".file[\"/Fragmented file.data\"]";
  u64 cluster = get_number(root, file + ".chain[1].cluster");
  std::vector<Path> copies = copies_of(root, parse_path(file + ".chain[1].next"));
  if (get_number(root, name() + ".boot.fat_count") == 1) {
    EXPECT_TRUE(copies.empty());
    return;
  }
  EXPECT_EQ(extents_of(resolve(root, copies.at(0))),
            extents_of(at(root, fmt::format("{}.fat[1].entry[{}]", name(), cluster))));
}

TEST_P(Fat, files_are_found_by_long_and_short_names_in_any_case) {
  Node root = open_disk(make());
  const char *name_stored = "/DIR/Größe/A rather long name, of three parts.txt";
  for (const char *path :
       {name_stored, "dir/größe/arathe~1.txt", "/Dir/GRÖßE/a RATHER long NAME, of three parts.TXT"}) {
    Node file = at(root, fmt::format("{}.file[\"{}\"]", name(), path)).node;
    EXPECT_EQ(file.label, name_stored);
    EXPECT_EQ(path_of(file), fmt::format("{}.file[\"{}\"]", name(), name_stored));
  }
  EXPECT_THROW(at(root, name() + ".file[\"/DIR/nothing\"]"), Misuse);
  EXPECT_THROW(at(root, name() + ".file[\"/UPPER.TXT/x\"]"), Misuse);
}

TEST_P(Fat, every_file_is_listed_once) {
  Node root = open_disk(make());
  std::multiset<std::string> paths;
  for (const Node &file : children(at(root, name()).node, "file").nodes) paths.insert(file.label);
  EXPECT_EQ(paths, (std::multiset<std::string>{"/DIR", "/DIR/Größe",
                                               "/DIR/Größe/A rather long name, of three parts.txt",
                                               "/Fragmented file.data", "/UPPER.TXT", "/between.txt"}));
}

TEST_P(Fat, the_parts_of_a_long_name_count_away_from_the_short_entry) {
  Node root = open_disk(make());
  std::string file = name() + ".file[\"/DIR/Größe/arathe~1.txt\"]";
  EXPECT_EQ(children(at(root, file).node, "lfn").nodes.size(), 3u);
  EXPECT_EQ(get_text(root, file + ".lfn[1].name"), "A rather long");
  EXPECT_EQ(get_number(root, file + ".lfn[3].last"), 1u);
  EXPECT_EQ(get_number(root, file + ".lfn[3].part"), 3u);
  EXPECT_EQ(get_text(root, file + ".long_name"), "A rather long name, of three parts.txt");
  Target entry = at(root, file);
  EXPECT_EQ(get_number(root, file + ".lfn[2].checksum"),
            short_name_sum(bytes_at(*entry.node.space, entry.node.at, 11)));
}

TEST_P(Fat, a_long_name_with_a_wrong_checksum_can_still_be_named) {
  Image disk = make();
  set(*disk, open_disk(disk), name() + ".file[\"/Fragmented file.data\"].lfn[1].checksum", u64{0});
  Node file = at(open_disk(disk), name() + ".file[\"/fragmented FILE.data\"]").node;
  EXPECT_EQ(file.notes,
            std::vector<std::string>{"the long name's checksum is not the short name's: drivers ignore it"});
}

TEST_P(Fat, a_long_name_whose_parts_do_not_count_up_is_none) {
  Image disk = make();
  std::string file = name() + ".file[\"/DIR/Größe/arathe~1.txt\"]";
  set(*disk, open_disk(disk), file + ".lfn[2].part", u64{5});
  Node root = open_disk(disk);
  EXPECT_EQ(get_text(root, file + ".long_name"), "");
  EXPECT_THROW(at(root, name() + ".file[\"/DIR/Größe/A rather long name, of three parts.txt\"]"), Misuse);
  EXPECT_EQ(get_number(root, file + ".lfn[2].part"), 5u);
}

TEST_P(Fat, slots_of_a_directory_are_numbered_from_its_start) {
  Node root = open_disk(make());
  EXPECT_EQ(get_number(root, name() + ".root.entry[0].attributes"), 8u);
  EXPECT_EQ(get_text(root, name() + ".file[\"/DIR\"].entry[0].name"), ".       ");
  EXPECT_EQ(get_text(root, name() + ".file[\"/DIR\"].entry[1].name"), "..      ");
  EXPECT_EQ(get_number(root, name() + ".file[\"/DIR\"].entry[2].part"), 1u);
}

TEST_P(Fat, setting_an_entry_leaves_its_neighbours_and_reserved_bits_alone) {
  Image disk = make();
  Node root = open_disk(disk);
  for (u64 cluster : {u64{100}, u64{101}}) {
    if (width() == 32) set(*disk, root, fmt::format("fat32.fat[0].entry_top[{}]", cluster), u64{0xa});
    u64 before = get_number(root, fmt::format("{}.fat[0].entry[{}]", name(), cluster - 1));
    u64 after = get_number(root, fmt::format("{}.fat[0].entry[{}]", name(), cluster + 1));
    set(*disk, root, fmt::format("{}.fat[0].entry[{}]", name(), cluster), u64{0x5a3});
    EXPECT_EQ(get_number(root, fmt::format("{}.fat[0].entry[{}]", name(), cluster)), 0x5a3u);
    EXPECT_EQ(get_number(root, fmt::format("{}.fat[0].entry[{}]", name(), cluster - 1)), before);
    EXPECT_EQ(get_number(root, fmt::format("{}.fat[0].entry[{}]", name(), cluster + 1)), after);
    if (width() == 32) {
      EXPECT_EQ(get_number(root, fmt::format("fat32.fat[0].entry_top[{}]", cluster)), 0xau);
    }
  }
}

TEST_P(Fat, a_chain_that_goes_wrong_ends_with_damage_at_the_link) {
  std::string file = name() + ".file[\"/Fragmented file.data\"]";
  u64 top = (u64{1} << std::min(width(), 28)) - 1;
  struct {
    u64 next;
    std::string says;
  } faults[] = {{0, "leads to a free cluster"},
                {top - 8, "leads to a bad cluster"},
                {1, "leads to cluster 1, expected 2 to"},
                {top - 20, fmt::format("leads to cluster {}, expected 2 to", top - 20)},
                {get_number(open_disk(make()), file + ".first_cluster"), "leads back to cluster"}};
  for (auto &[next, says] : faults) {
    Image disk = make();
    Node root = open_disk(disk);
    u64 place = extents_of(at(root, file + ".chain[2].next"))[0].at;
    set(*disk, root, file + ".chain[2].next", next);
    Children chain = children(at(root, file).node, "chain");
    EXPECT_EQ(chain.nodes.size(), 3u);
    EXPECT_NE(chain.damage.find(says), std::string::npos) << chain.damage;
    EXPECT_NE(chain.damage.find(hex_offset(place)), std::string::npos) << chain.damage;
    Node content = at(root, file + ".content").node;
    EXPECT_EQ(content.space->size(), 3 * get_number(root, name() + ".cluster_size"));
    EXPECT_EQ(content.notes, std::vector<std::string>{chain.damage});
  }
}

TEST_P(Fat, a_tree_that_loops_is_walked_once) {
  Image disk = make();
  u64 above = get_number(open_disk(disk), name() + ".file[\"/DIR\"].first_cluster");
  set(*disk, open_disk(disk), name() + ".file[\"/DIR/Größe\"].first_cluster", above);
  EXPECT_EQ(children(at(open_disk(disk), name()).node, "file").nodes.size(), 5u);
}

TEST_P(Fat, two_entries_of_one_name_must_be_told_apart) {
  Image disk = make();
  set(*disk, open_disk(disk), name() + ".file[\"/UPPER.TXT\"].name", std::string("BETWEEN "));
  std::string message = message_of<Misuse>([&] { at(open_disk(disk), name() + ".file[\"/between.txt\"]"); });
  EXPECT_NE(message.find("several entries of the directory are called 'between.txt'; say which: entry["),
            std::string::npos)
      << message;
}

TEST_P(Fat, a_cluster_has_a_place) {
  Node volume = at(open_disk(make()), name()).node;
  const Unit &cluster = volume.type->units[0];
  Place place = cluster.place(volume, 5);
  EXPECT_EQ(place.at, get_number(volume, "data_offset") + 3 * get_number(volume, "cluster_size"));
  EXPECT_EQ(cluster.limit(volume), get_number(volume, "cluster_count") + 2);
  EXPECT_THROW(cluster.place(volume, 1), Damage);
  EXPECT_THROW(cluster.place(volume, cluster.limit(volume)), Damage);
}

TEST_P(Fat, the_tables_are_declared_copies) {
  Node root = open_disk(make());
  std::vector<Path> copies = copies_of(root, parse_path(name() + ".fat[0].entry[7]"));
  ASSERT_EQ(copies.size(), get_number(root, name() + ".boot.fat_count") - 1);
  for (const Path &copy : copies) EXPECT_EQ(copy.text, name() + ".fat[1].entry[7]");
}

TEST_P(Fat, any_byte_of_the_boot_sector_may_be_anything) {
  Image disk = make();
  for (u64 at = 0; at < 0x5a; at++) {
    Bytes old = bytes_at(*disk, at, 1);
    for (u8 value : {0x00, 0xff, ~old[0] & 0xff}) {
      disk->write(at, Bytes{value});
      EXPECT_LE(walk(open_disk(disk), 300), 400u) << at;
    }
    disk->write(at, old);
  }
}

TEST_P(Fat, any_byte_of_directory_and_table_may_be_anything) {
  Image disk = make();
  Node root = open_disk(disk);
  for (u64 start : {get_number(root, name() + ".root_offset"), get_number(root, name() + ".fat_offset")})
    for (u64 at = start; at < start + 160; at++) {
      Bytes old = bytes_at(*disk, at, 1);
      disk->write(at, Bytes{static_cast<u8>(~old[0])});
      EXPECT_LE(walk(open_disk(disk), 300), 400u) << at;
      disk->write(at, old);
    }
}

INSTANTIATE_TEST_SUITE_P(widths, Fat,
                         testing::Values(Make{12, 4 * MiB, "-s 4"}, Make{16, 16 * MiB, "-s 4"},
                                         Make{32, 64 * MiB, "-s 1"}, Make{32, 300 * MiB, "-s 1 -S 4096"},
                                         Make{16, 32 * MiB, "-s 1 -S 2048 -f 1"}),
                         [](const auto &info) {
                           return fmt::format("fat{}_{}", info.param.width, info.index);
                         });

namespace {

Image fat32() {
  Image disk = image(64 * MiB);
  disk->run("mkfs.fat -F 32 -s 1 {disk}");
  return disk;
}

} // namespace

TEST(fat32, a_table_that_is_said_to_be_larger_moves_what_lies_behind_it) {
  Image disk = fat32();
  Node root = open_disk(disk);
  u64 sectors = get_number(root, "fat32.boot.sectors_per_fat_32"),
      place = get_number(root, "fat32.root_offset");
  set(*disk, root, "fat32.boot.sectors_per_fat_32", sectors + 2);
  EXPECT_EQ(get_number(open_disk(disk), "fat32.root_offset"), place + 4 * 512);
  EXPECT_EQ(get_number(open_disk(disk), "fat32.boot_backup.sectors_per_fat_32"), sectors);
}

TEST(fat32, copies_of_the_boot_sector_and_fsinfo_are_declared) {
  Node root = open_disk(fat32());
  EXPECT_EQ(copies_of(root, parse_path("fat32.boot.media"))[0].text, "fat32.boot_backup.media");
  EXPECT_EQ(copies_of(root, parse_path("fat32.fsinfo.free_clusters"))[0].text,
            "fat32.fsinfo_backup.free_clusters");
  EXPECT_EQ(get_text(root, "fat32.fsinfo_backup.lead_signature"), "RRaA");
}

TEST(fat32, the_active_table_is_the_one_that_chains_are_read_from) {
  Image disk = fat32();
  disk->run("seq 1000 >{dir}/f; mcopy -i {disk} {dir}/f ::/f");
  set(*disk, open_disk(disk), "fat32.boot.mirror_flags", u64{0x81});
  Node root = open_disk(disk);
  u64 table = extents_of(at(root, "fat32.fat[1]"))[0].at;
  EXPECT_GE(extents_of(at(root, "fat32.file[\"/f\"].chain[0].next"))[0].at, table);
}

TEST(fat32, a_root_directory_that_is_nowhere_is_damage) {
  for (u64 cluster : {u64{0}, u64{1}, u64{0xffffff}}) {
    Image disk = fat32();
    set(*disk, open_disk(disk), "fat32.boot.root_cluster", cluster);
    Node root = open_disk(disk);
    EXPECT_EQ(at(root, "fat32.root").node.notes.size(), 1u) << cluster;
    EXPECT_THROW(at(root, "fat32.file[\"/a\"]"), Damage) << cluster;
    EXPECT_EQ(get_number(root, "fat32.boot.root_cluster"), cluster);
  }
}

TEST(fat32, without_a_backup_there_is_no_copy_to_name) {
  Image disk = fat32();
  set(*disk, open_disk(disk), "fat32.boot.backup_boot_sector", u64{0});
  EXPECT_THROW(at(open_disk(disk), "fat32.boot_backup"), Misuse);
}

TEST(fat32, a_boot_sector_of_another_width_leaves_the_backup) {
  Image disk = fat32();
  set(*disk, open_disk(disk), "fat32.boot.root_entries", u64{512});
  set(*disk, open_disk(disk), "fat32.boot.sectors_per_fat_16", u64{7});
  EXPECT_EQ(get_number(open_disk(disk), "fat16.sector_size"), 512u);
  EXPECT_THROW(at(open_disk(disk), "fat32"), Misuse);
  EXPECT_EQ(at(open_disk(disk, parse_volume_choice("0")), "fat32").node.notes[0],
            "boot sector: the boot sector is that of a FAT16");
}
