// SPDX-License-Identifier: GPL-2.0-or-later
//
// The journal is all that stands between a write and the loss of what was there. So: it reads back
// what was put in, a cut at any byte leaves either the whole entry or none, and a journal that
// cannot be written leaves nothing behind.
#include "edit/identity.h"
#include "edit/journal.h"

#include <csignal>
#include <sys/resource.h>

#include "device/mapped.h"
#include "device/memory.h"
#include "scratch.h"

namespace lab {

static std::shared_ptr<MemoryDevice> make_disk(u64 length = 4 << 20) {
  return std::make_shared<MemoryDevice>(random_bytes(length, 1));
}

static Plan small_plan(const Device &disk, const std::string &name = "ntfs/zero-dbr") {
  Plan plan{name, 7, disk.size(), {}, {}};
  plan.changes.push_back({"ntfs.boot.mft_lcn", "set", "4", "16385", {{48, 8}}});
  plan.patches.push_back(
      {48, 8, memory_space(bytes_at(disk, 48, 8)), memory_space(Bytes(8, 0xab)), "set \"x\"\n"});
  return plan;
}

static Plan large_plan(const std::shared_ptr<MemoryDevice> &disk) {
  Plan plan = small_plan(*disk);
  plan.patches.push_back(
      {9999, 2'500'000, slice_of(disk, 9999, 2'500'000), filled_space(0, 2'500'000), "wipe"});
  plan.patches.push_back({3'000'000, 5000, memory_space(bytes_at(*disk, 3'000'000, 5000)),
                          memory_space(random_bytes(5000, 2)), "random"});
  plan.identity = identity_of(*disk, plan);
  return plan;
}

static void expect_same(const Plan &left, const Plan &right) {
  EXPECT_EQ(left.name, right.name);
  EXPECT_EQ(left.seed, right.seed);
  EXPECT_EQ(left.size, right.size);
  ASSERT_EQ(left.changes.size(), right.changes.size());
  for (size_t i = 0; i < left.changes.size(); i++) {
    EXPECT_EQ(left.changes[i].path, right.changes[i].path);
    EXPECT_EQ(left.changes[i].extents, right.changes[i].extents);
  }
  ASSERT_EQ(left.patches.size(), right.patches.size());
  for (size_t i = 0; i < left.patches.size(); i++) {
    const Patch &a = left.patches[i], &b = right.patches[i];
    EXPECT_EQ(a.at, b.at);
    EXPECT_EQ(a.length, b.length);
    EXPECT_EQ(a.why, b.why);
    EXPECT_EQ(bytes_at(*a.before, 0, a.length), bytes_at(*b.before, 0, b.length));
    EXPECT_EQ(bytes_at(*a.after, 0, a.length), bytes_at(*b.after, 0, b.length));
  }
}

TEST(Journal, an_absent_file_is_an_empty_journal) {
  Scratch scratch;
  Journal journal(scratch / "journal");
  EXPECT_TRUE(journal.empty());
  EXPECT_FALSE(std::filesystem::exists(scratch / "journal")) << "reading makes no file";
}

TEST(Journal, what_is_appended_is_read_back) {
  Scratch scratch;
  std::shared_ptr<MemoryDevice> disk = make_disk();
  std::fill_n(disk->bytes.begin() + 100'000, 2 << 20, u8{0});
  Plan plan = large_plan(disk);
  Journal written(scratch / "journal");
  written.append(plan, {});
  expect_same(written.entries().at(0), plan);
  Journal read(scratch / "journal");
  ASSERT_EQ(read.entries().size(), 1u);
  expect_same(read.entries()[0], plan);
}

TEST(Journal, nothing_is_kept_for_zeroes) {
  Scratch scratch;
  std::shared_ptr<MemoryDevice> disk = std::make_shared<MemoryDevice>(Bytes(4 << 20));
  Plan plan{"ones", 0, disk->size(), {}, {}};
  plan.patches.push_back({99, 3 << 20, slice_of(disk, 99, 3 << 20), filled_space(0xff, 3 << 20), "ones"});
  Journal journal(scratch / "journal");
  journal.append(plan, {});
  EXPECT_EQ(std::filesystem::file_size(scratch / "journal.data"), 0u);
  EXPECT_EQ(bytes_at(*Journal(scratch / "journal").entries()[0].patches[0].before, 0, 3 << 20),
            Bytes(3 << 20));
}

TEST(Journal, large_contents_stay_readable_when_the_disk_has_changed) {
  Scratch scratch;
  std::shared_ptr<MemoryDevice> disk = make_disk();
  Bytes before = bytes_at(*disk, 9999, 2'500'000);
  Journal journal(scratch / "journal");
  journal.append(large_plan(disk), {});
  disk->zero(0, disk->size());
  EXPECT_EQ(bytes_at(*journal.entries()[0].patches[1].before, 0, 2'500'000), before);
  EXPECT_EQ(bytes_at(*journal.entries()[0].patches[1].before, 1'999'999, 2),
            (Bytes{before[1'999'999], before[2'000'000]}));
}

TEST(Journal, plans_are_stacked_and_taken_away_from_the_top) {
  Scratch scratch;
  std::shared_ptr<MemoryDevice> disk = make_disk();
  Journal journal(scratch / "journal");
  journal.append(large_plan(disk), {});
  Bytes one = read_file(scratch / "journal"), one_data = read_file(scratch / "journal.data");
  Plan second = large_plan(disk);
  second.name = "second";
  journal.append(second, {});
  Journal read(scratch / "journal");
  ASSERT_EQ(read.entries().size(), 2u);
  expect_same(read.entries()[1], second);
  read.drop_last();
  EXPECT_EQ(read_file(scratch / "journal"), one);
  EXPECT_EQ(read_file(scratch / "journal.data"), one_data);
  expect_same(Journal(scratch / "journal").entries().at(0), large_plan(disk));
  read.drop_last();
  EXPECT_TRUE(read.empty());
  EXPECT_TRUE(std::filesystem::is_empty(scratch.folder)) << "both files go with the last entry";
}

TEST(Journal, cut_at_any_byte_it_holds_the_last_whole_entry_and_can_go_on) {
  Scratch scratch;
  std::shared_ptr<MemoryDevice> disk = make_disk(8192);
  std::string path = scratch / "journal";
  size_t first_end;
  {
    Journal journal(path);
    journal.append(small_plan(*disk, "first"), {});
    first_end = std::filesystem::file_size(path);
    journal.append(small_plan(*disk, "second"), {});
  }
  Bytes whole = read_file(path);
  for (size_t cut = 0; cut < whole.size(); cut++) {
    write_file(path, std::span(whole).first(cut));
    Journal journal(path);
    ASSERT_EQ(journal.entries().size(), cut < first_end ? 0u : 1u) << "cut at " << cut;
    journal.append(small_plan(*disk, "third"), {});
    ASSERT_EQ(Journal(path).entries().back().name, "third");
    ASSERT_EQ(Journal(path).entries().size(), cut < first_end ? 1u : 2u);
  }
}

TEST(Journal, a_changed_line_is_damage_with_its_place) {
  Scratch scratch;
  std::shared_ptr<MemoryDevice> disk = make_disk(8192);
  Journal(scratch / "journal").append(small_plan(*disk), {});
  Bytes bytes = read_file(scratch / "journal");
  std::string text(bytes.begin(), bytes.end());
  text.replace(text.find("abab"), 4, "abac");
  write_file(scratch / "journal", {reinterpret_cast<const u8 *>(text.data()), text.size()});
  std::string words = error_of(Kind::damage, [&] { Journal journal(scratch / "journal"); });
  EXPECT_NE(words.find("journal:4: the lines' sum is"), std::string::npos) << words;
}

TEST(Journal, damaged_kept_bytes_are_noticed) {
  Scratch scratch;
  std::shared_ptr<MemoryDevice> disk = make_disk();
  Journal journal(scratch / "journal");
  journal.append(large_plan(disk), {});
  Bytes data = read_file(scratch / "journal.data");
  data[1000] ^= 1;
  write_file(scratch / "journal.data", data);
  EXPECT_THROW(bytes_at(*Journal(scratch / "journal").entries()[0].patches[1].before, 0, 10), Damage);
}

TEST(Journal, another_file_is_never_taken_for_a_journal) {
  Scratch scratch;
  write_file(scratch / "disk", Bytes(4096));
  error_of(Kind::misuse, [&] { Journal journal(scratch / "disk"); });
  EXPECT_EQ(read_file(scratch / "disk"), Bytes(4096));
}

TEST(Journal, a_full_disk_leaves_the_journal_as_it_was) {
  Scratch scratch;
  std::shared_ptr<MemoryDevice> disk = make_disk();
  Journal journal(scratch / "journal");
  journal.append(large_plan(disk), {});
  Bytes lines = read_file(scratch / "journal"), data = read_file(scratch / "journal.data");
  signal(SIGXFSZ, SIG_IGN);
  rlimit limit;
  getrlimit(RLIMIT_FSIZE, &limit);
  for (bool in_data : {true, false}) { // where the space ends
    rlimit small = {in_data ? data.size() + 100'000 : lines.size() + 1, limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    Plan plan = in_data ? large_plan(disk) : small_plan(*disk);
    std::string words = error_of(Kind::io, [&] { journal.append(plan, {}); });
    setrlimit(RLIMIT_FSIZE, &limit);
    EXPECT_NE(words.find("journal"), std::string::npos) << words;
    EXPECT_EQ(read_file(scratch / "journal"), lines);
    EXPECT_EQ(read_file(scratch / "journal.data"), data);
    EXPECT_EQ(journal.entries().size(), 1u);
  }
  journal.append(small_plan(*disk), {}); // and works again
  EXPECT_EQ(Journal(scratch / "journal").entries().size(), 2u);
}

TEST(Journal, two_that_write_the_same_file_do_not_mix) {
  Scratch scratch;
  std::shared_ptr<MemoryDevice> disk = make_disk(8192);
  Journal one(scratch / "journal"), other(scratch / "journal");
  one.append(small_plan(*disk), {});
  error_of(Kind::refused, [&] { other.append(small_plan(*disk), {}); });
  EXPECT_EQ(Journal(scratch / "journal").entries().size(), 1u);
}

TEST(Journal, a_disk_is_known_again_by_its_sectors_outside_the_patches) {
  Scratch scratch;
  std::shared_ptr<MemoryDevice> disk = make_disk(),
                                same_size = std::make_shared<MemoryDevice>(random_bytes(4 << 20, 2));
  Journal journal(scratch / "journal");
  journal.append(large_plan(disk), {});
  EXPECT_TRUE(journal.is_for(0, *disk));
  disk->zero(48, 8);
  disk->zero(9999, 2'500'000);
  EXPECT_TRUE(journal.is_for(0, *disk)) << "our own writes do not make it another disk";
  disk->zero(512, 1024);
  EXPECT_TRUE(journal.is_for(0, *disk)) << "a repair tool may change some sectors";
  EXPECT_FALSE(journal.is_for(0, *same_size));
  EXPECT_FALSE(journal.is_for(0, *make_disk(5 << 20))) << "the size differs";
}

TEST(Journal, stands_beside_the_image) {
  Scratch scratch;
  write_file(scratch / "disk", Bytes(1));
  std::filesystem::create_symlink(scratch / "disk", scratch / "link");
  EXPECT_EQ(Journal::beside("disk.qcow2"), "disk.qcow2.journal");
  EXPECT_EQ(Journal::beside(scratch / "link"),
            (std::filesystem::canonical(scratch.folder) / "disk.journal").string());
  error_of(Kind::misuse, [] { Journal::beside("nbd://host"); });
  error_of(Kind::misuse, [] { Journal::beside("/dev/sdb"); });
}

} // namespace lab
