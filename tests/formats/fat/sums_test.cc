// SPDX-License-Identifier: GPL-2.0-or-later
//
// The checksum of a short name in the parts of its long one, followed, left and broken; the label in its
// two places; and the bits of the table's entry 1. On volumes of all three widths.
#include "../planned.h"
#include "base/sums.h"

using namespace lab;
using namespace lab::test;

namespace {

class FatSums : public testing::TestWithParam<int> {
 protected:
  std::string name() const { return fmt::format("fat{}", GetParam()); }
  std::string file(const char *path) const { return fmt::format("{}.file[\"{}\"]", name(), path); }

  /// A long name of three parts, one of one part, and a short one alone.
  Image make() const {
    Image disk = image((GetParam() == 12 ? 4 : GetParam() == 16 ? 16 : 64) * MiB);
    disk->run(fmt::format("mkfs.fat -F {} -n 'MY LABEL' {{disk}}", GetParam()));
    disk->run(
        "export MTOOLSRC=/dev/null; cd {dir}; echo x >a; for name in 'A rather long name, of three parts' "
        "'one part' SHORT.TXT; do mcopy -i {disk} a \"::/$name\"; done");
    return disk;
  }

  std::vector<u64> sums(const Image &disk, const std::string &entry) const {
    Node root = open_disk(disk);
    std::vector<u64> found;
    for (u64 n = 1; n <= children(at(root, entry).node, "lfn").nodes.size(); n++)
      found.push_back(get_number(root, fmt::format("{}.lfn[{}].checksum", entry, n)));
    return found;
  }

  u64 right_sum(const Image &disk, const std::string &entry) const {
    Target target = at(open_disk(disk), entry);
    return short_name_sum(bytes_at(*target.node.space, target.node.at, 11));
  }
};

constexpr char three_parts[] = "/ARATHE~1";

} // namespace

TEST_P(FatSums, a_new_short_name_is_followed_by_the_sum_in_each_part) {
  Image disk = make();
  u64 before = sums(disk, file(three_parts))[0];
  Plan plan = change(*disk, "- set: " + file(three_parts) + ".name\n  to: RENAMED\n");
  std::string entry = file("/RENAMED");
  EXPECT_EQ(sums(disk, entry), std::vector<u64>(3, right_sum(disk, entry)));
  EXPECT_NE(sums(disk, entry)[0], before);
  EXPECT_TRUE(at(open_disk(disk), file("/A rather long name, of three parts")).node.notes.empty());
  EXPECT_EQ(plan.changes.size(), 4u);
  EXPECT_EQ(plan.changes[1].path, file("/A rather long name, of three parts") + ".lfn[1].checksum");
  EXPECT_EQ(plan.changes[1].verb, "sum recomputed");
  disk->run("MTOOLSRC=/dev/null mdir -b -i {disk} :: | grep 'A rather long name, of three parts'");
}

TEST_P(FatSums, an_extension_is_a_part_of_the_short_name) {
  Image disk = make();
  change(*disk, "- set: " + file("/one part") + ".extension\n  to: XYZ\n");
  EXPECT_EQ(sums(disk, file("/one part")), std::vector<u64>{right_sum(disk, file("/one part"))});
}

TEST_P(FatSums, a_slot_of_the_directory_is_sealed_like_a_file) {
  Image disk = make();
  std::string slot = name() + ".root.entry[4]"; // behind the label and three parts
  change(*disk, "- set: " + slot + ".name\n  to: RENAMED\n");
  EXPECT_EQ(sums(disk, slot), std::vector<u64>(3, right_sum(disk, file("/RENAMED"))));
}

TEST_P(FatSums, sums_may_be_left_stale_or_made_wrong) {
  for (const char *policy : {"stale", "broken"}) {
    Image disk = make();
    u64 old = sums(disk, file(three_parts))[0];
    change(*disk, "- set: " + file(three_parts) + ".name\n  to: RENAMED\n  seal: " + policy + "\n");
    std::string entry = file("/RENAMED");
    u64 right = right_sum(disk, entry);
    EXPECT_EQ(sums(disk, entry), std::vector<u64>(3, policy == std::string("stale") ? old : right ^ 0xff));
    EXPECT_NE(sums(disk, entry)[0], right);
    EXPECT_EQ(at(open_disk(disk), entry).node.notes.size(), 1u) << "drivers ignore the long name now";
  }
}

TEST_P(FatSums, a_sum_that_an_edit_sets_stays_as_set) {
  Image disk = make();
  change(*disk, "- set: " + file(three_parts) + ".name\n  to: RENAMED\n- set: " + file(three_parts) +
                    ".lfn[2].checksum\n  to: 0x11\n");
  u64 right = right_sum(disk, file("/RENAMED"));
  EXPECT_EQ(sums(disk, file("/RENAMED")), (std::vector<u64>{right, 0x11, right}));
}

TEST_P(FatSums, other_fields_of_the_entry_are_not_covered) {
  Image disk = make();
  EXPECT_EQ(change(*disk, "- set: " + file(three_parts) + ".size\n  to: 77\n").changes.size(), 1u);
  EXPECT_EQ(change(*disk, "- set: " + file("/SHORT.TXT") + ".name\n  to: OTHER\n").changes.size(), 1u);
}

TEST_P(FatSums, a_deleted_name_leaves_its_parts_the_sum_by_which_it_is_undeleted) {
  Image disk = make();
  u64 old = sums(disk, file(three_parts))[0];
  change(*disk, "- set: " + file(three_parts) + ".mark\n  to: deleted\n");
  EXPECT_EQ(get_number(open_disk(disk), name() + ".root.entry[3].checksum"), old);
  EXPECT_EQ(get_number(open_disk(disk), name() + ".root.entry[4].mark"), 0xe5u);
}

TEST_P(FatSums, parts_of_another_name_are_not_this_entrys) {
  Image disk = make();
  std::string entry = file("/one part");
  // Another name's part right before this one's: reached by number, but not part of the set.
  set(*disk, open_disk(disk), name() + ".root.entry[4].attributes", u64{0x0f});
  EXPECT_EQ(children(at(open_disk(disk), entry).node, "lfn").nodes.size(), 1u);
  EXPECT_NO_THROW(at(open_disk(disk), entry + ".lfn[2].checksum"));
  // A deleted part before a name that is not.
  set(*disk, open_disk(disk), entry + ".lfn[1].ordinal", u64{0xe5});
  EXPECT_TRUE(children(at(open_disk(disk), file("/onepar~1")).node, "lfn").nodes.empty());
}

TEST_P(FatSums, the_label_has_two_places_that_are_copies) {
  Image disk = make();
  Node root = open_disk(disk);
  EXPECT_EQ(get_text(root, name() + ".label_in_boot.text"), "MY LABEL   ");
  EXPECT_EQ(extents_of(at(root, name() + ".label_in_boot.text")),
            extents_of(at(root, name() + ".boot.volume_label")));
  EXPECT_EQ(extents_of(at(root, name() + ".label_in_root.text")).front().at,
            extents_of(at(root, name() + ".root.entry[0].name")).front().at);
  change(*disk, "- set: " + name() + ".label_in_boot.text\n  to: BOTH\n  copies: all\n");
  EXPECT_EQ(get_text(open_disk(disk), name() + ".label"), "BOTH");
  EXPECT_EQ(get_text(open_disk(disk), name() + ".boot.volume_label"), "BOTH       ");
}

TEST_P(FatSums, a_volume_without_a_label_in_the_root_has_one_place) {
  Image disk = make();
  set(*disk, open_disk(disk), name() + ".root.entry[0].mark", u64{0xe5});
  EXPECT_THROW(at(open_disk(disk), name() + ".label_in_root"), Misuse);
  EXPECT_EQ(get_text(open_disk(disk), name() + ".label"), "");
}

TEST_P(FatSums, entry_1_is_the_end_mark_and_two_bits_of_it_say_how_the_volume_was_left) {
  Image disk = make();
  Node root = open_disk(disk);
  int width = GetParam();
  std::string table = name() + ".fat[0].";
  EXPECT_EQ(get_number(root, table + "media"), get_number(root, name() + ".boot.media"));
  EXPECT_EQ(get_number(root, table + "media_fill"), (u64{1} << (std::min(width, 28) - 8)) - 1);
  EXPECT_EQ(get_number(root, table + "end_mark"), get_number(root, table + "entry[1]"));
  EXPECT_GE(get_number(root, table + "end_mark"), (u64{1} << std::min(width, 28)) - 8);
  if (width == 12) return; // which has no room for them
  u64 start = extents_of(at(root, table + "media"))[0].at;
  struct {
    const char *bit;
    u64 byte;
    u8 sixteen, thirty_two;
  } bits[] = {{"clean", 1, 0x80, 0x08},
              {"no_errors", 1, 0x40, 0x04}}; // fatgen103: ClnShutBitMask, HrdErrBitMask
  for (auto [bit, byte, sixteen, thirty_two] : bits) {
    u64 place = start + (width == 16 ? 2 + byte : 4 + 2 + byte);
    u8 mask = width == 16 ? sixteen : thirty_two;
    u8 before = bytes_at(*disk, place, 1)[0];
    EXPECT_EQ(get_number(open_disk(disk), table + bit), 1u);
    set(*disk, open_disk(disk), table + bit, u64{0});
    EXPECT_EQ(bytes_at(*disk, place, 1)[0], before & ~mask) << bit;
  }
}

INSTANTIATE_TEST_SUITE_P(widths, FatSums, testing::Values(12, 16, 32),
                         [](const auto &info) { return fmt::format("fat{}", info.param); });
