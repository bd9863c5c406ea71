// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whatever a byte is turned into, everything is still walked: with damage in it, but to an end.
#include "journal.h"
#include "rich.h"
#include "special.h"

#include <random>
#include <set>

namespace lab::ntfs_test {
namespace {

/// More nodes than the volumes here have; a walk that reaches it does not end.
constexpr u64 most_nodes = 200000;

/// Visits everything below `node` once, and reads every field of it.
class Walk {
 public:
  u64 nodes = 0;
  std::string damages;

  void visit(const Node &node) {
    ASSERT_LT(++nodes, most_nodes);
    for (const Field &field : node.type->fields) attempt([&] { read(node, field); });
    for (const Edge &edge : node.type->edges) attempt([&] { follow(node, edge); });
  }

 private:
  void attempt(const std::function<void()> &action) {
    try {
      action();
    } catch (const Damage &damage) { damages += std::string(damage.what()) + "\n"; } catch (const Misuse &) {
      // a child that is not there in this node
    }
  }

  void read(const Node &node, const Field &field) {
    if (present(node, field)) value_of(node, field);
  }

  void follow(const Node &node, const Edge &edge) {
    Visit once = [&](Node child) {
      if (seen.insert({child.type, disk_offset(child)}).second) visit(child);
      return !testing::Test::HasFatalFailure();
    };
    if (edge.each)
      edge.each(node, once);
    else if (std::optional<Node> child = edge.find(node, Key{}))
      once(*child);
  }

  std::set<std::pair<const Struct *, u64>> seen;
};

TEST(ntfs_damage, a_whole_volume_is_walked_without_any) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  Walk walk;
  walk.visit(open_volume(volume->disk));
  EXPECT_EQ(walk.damages, "");
  EXPECT_GT(walk.nodes, 1500u);
}

TEST(ntfs_damage, any_byte_of_the_records_may_be_anything) {
  std::unique_ptr<Volume> volume = make_volume();
  volume->fill(
      "mkdir d; for n in 1 2 3 4 5 6 7 8 9; do echo $n > d/$n; done; truncate -s 1M hole; seq 3000 > d/runs");
  Node ntfs = open_volume(volume->disk);
  std::vector<Extent> places;
  for (std::string path :
       {"ntfs.boot", "ntfs.mft[0].fixup", "ntfs.mft[3].fixup", "ntfs.mft[5].fixup", "ntfs.mft[9].fixup",
        "ntfs.mft[\"/hole\"].fixup", "ntfs.mft[\"/d/runs\"].fixup", "ntfs.mft[\"/d\"].fixup"})
    places.push_back(extents_of(at(ntfs, path))[0]);
  std::mt19937 random(1); // the same bytes in each run
  const Bytes whole = volume->disk->bytes;
  for (int i = 0; i < 200; i++) {
    const Extent &place = places[random() % places.size()];
    u64 where = place.at + random() % place.length;
    volume->disk->bytes[where] = static_cast<u8>(random());
    SCOPED_TRACE("byte " + hex_offset(where) + " is " + std::to_string(volume->disk->bytes[where]));
    Walk().visit(open_volume(volume->disk));
    if (HasFatalFailure()) return;
    if (i % 4 == 3) volume->disk->bytes[where] = whole[where]; // and mostly let damage add up
    if (i % 50 == 49) volume->disk->bytes = whole;
  }
}

TEST(ntfs_damage, a_volume_with_what_only_windows_makes_is_walked_without_any) {
  std::unique_ptr<Volume> volume = make_special_volume();
  Walk walk;
  walk.visit(open_volume(volume->disk));
  EXPECT_EQ(walk.damages, "");
  walk = Walk();
  walk.visit(at(open_volume(make_with_log_records()->disk), "ntfs.logfile").node);
  EXPECT_EQ(walk.damages, "");
  EXPECT_GT(walk.nodes, 10u);
}

/// Turns bytes of these places into anything, one after the other, and walks everything each time.
void break_and_walk(Volume &volume, const std::vector<std::string> &paths, u64 most, int rounds) {
  Node ntfs = open_volume(volume.disk);
  std::vector<Extent> places;
  for (const std::string &path : paths)
    for (const Extent &extent : extents_of(at(ntfs, path)))
      places.push_back({extent.at, std::min(extent.length, most)});
  std::mt19937 random(2); // the same bytes in each run
  const Bytes whole = volume.disk->bytes;
  for (int i = 0; i < rounds; i++) {
    const Extent &place = places[random() % places.size()];
    u64 where = place.at + random() % place.length;
    volume.disk->bytes[where] = static_cast<u8>(random());
    SCOPED_TRACE("byte " + hex_offset(where) + " is " + std::to_string(volume.disk->bytes[where]));
    Walk().visit(open_volume(volume.disk));
    if (testing::Test::HasFatalFailure()) return;
    if (i % 25 == 24) volume.disk->bytes = whole;
  }
}

TEST(ntfs_damage, any_byte_of_what_only_windows_makes_may_be_anything) {
  std::unique_ptr<Volume> volume = make_special_volume();
  put_journal_in_place(*volume);
  break_and_walk(*volume,
                 {"ntfs.mft[9].fixup", "ntfs.mft[24].fixup", "ntfs.mft[25].fixup", "ntfs.mft[26].fixup",
                  "ntfs.mft[\"/ea.txt\"].fixup", "ntfs.mft[\"/link\"].fixup", "ntfs.mft[\"/junction\"].fixup",
                  "ntfs.mft[\"/encrypted.bin\"].fixup", "ntfs.secure.sds[0]", "ntfs.secure.sds[2]",
                  "ntfs.usn_journal.record[0]", "ntfs.usn_journal.record[2]", "ntfs.usn_journal.max"},
                 1024, 75);
}

TEST(ntfs_damage, any_byte_of_the_journal_may_be_anything) {
  std::unique_ptr<Volume> volume = make_with_log_records();
  break_and_walk(*volume,
                 {"ntfs.logfile.restart[0]", "ntfs.logfile.restart[0].area", "ntfs.logfile.page[4].fixup",
                  "ntfs.logfile.page[5].fixup"},
                 512, 75);
}

TEST(ntfs_damage, any_byte_of_a_compressed_file_may_be_anything) {
  std::unique_ptr<Volume> volume = make_rich_volume();
  break_and_walk(
      *volume, {"ntfs.mft[\"/packed/log.txt\"].fixup", "ntfs.mft[\"/packed/log.txt\"].data.unit[0].chunk[0]"},
      1024, 25);
}

TEST(ntfs_damage, any_length_of_a_whole_volume_is_walked) {
  std::unique_ptr<Volume> volume = make_volume();
  const Bytes whole = volume->disk->bytes;
  for (u64 size = 512; size < whole.size(); size = size < 65536 ? size + 3584 : size * 2) {
    SCOPED_TRACE("a volume of " + std::to_string(size) + " bytes");
    Walk().visit(open_volume(memory_space(Bytes(whole.begin(), whole.begin() + static_cast<i64>(size)))));
  }
}

} // namespace
} // namespace lab::ntfs_test
