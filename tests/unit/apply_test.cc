// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is on the disk decides: what apply refuses, what it finishes, and what undo never loses. All of
// it on a disk in memory; crash_test.cc has the real images.
#include "edit/apply.h"

#include <algorithm>

#include "device/mapped.h"
#include "device/memory.h"
#include "scratch.h"

namespace lab {

/// A device whose writes fail after some.
class Failing : public MemoryDevice {
 public:
  Failing(Bytes bytes, int good) : MemoryDevice(std::move(bytes)), good(good) {}
  void write(u64 at, std::span<const u8> data) override {
    if (good-- <= 0) throw IoError("the cable is out");
    MemoryDevice::write(at, data);
  }
  int good;
};

/// A disk in memory with one small plan on it.
struct Small {
  Scratch scratch;
  std::shared_ptr<MemoryDevice> disk = std::make_shared<MemoryDevice>(random_bytes(64 << 10, 1));
  Bytes content = disk->bytes;
  Journal journal{scratch / "journal"};
  Plan plan{"small", 0, 64 << 10, {}, {}};

  Small() {
    add(100, Bytes(8, 0xaa));
    add(10'000, Bytes(2000, 0xbb));
  }
  void add(u64 at, const Bytes &after) {
    plan.patches.push_back(
        {at, after.size(), memory_space(bytes_at(*disk, at, after.size())), memory_space(after), "set x"});
  }
};

TEST(Apply, an_unplanned_byte_is_a_conflict_and_nothing_is_written) {
  Small small;
  small.disk->bytes[10'600] ^= 1;
  Bytes before = small.disk->bytes;
  std::string words = error_of(Kind::refused, [&] { apply(*small.disk, small.plan, small.journal, {}); });
  EXPECT_NE(words.find("at 0x2800"), std::string::npos) << "the sector is named: " << words;
  EXPECT_NE(words.find("set x"), std::string::npos) << words;
  EXPECT_EQ(small.disk->bytes, before);
  EXPECT_TRUE(small.journal.empty());
}

TEST(Apply, forced_it_keeps_the_bytes_that_it_found) {
  Small small;
  small.disk->bytes[10'600] ^= 1;
  Bytes before = small.disk->bytes;
  apply(*small.disk, small.plan, small.journal, {true, {}});
  EXPECT_EQ(bytes_at(*small.disk, 10'000, 2000), Bytes(2000, 0xbb));
  undo(*small.disk, small.journal, {});
  EXPECT_EQ(small.disk->bytes, before);
}

TEST(Apply, undo_does_not_lose_what_somebody_wrote_since) {
  Small small;
  apply(*small.disk, small.plan, small.journal, {});
  small.disk->bytes[10'600] ^= 1;
  Bytes repaired = small.disk->bytes;
  Observation seen = observe(*small.disk, small.plan);
  EXPECT_EQ(seen.state, State::changed);
  ASSERT_EQ(seen.conflict_count, 1u);
  EXPECT_EQ(seen.conflicts[0].at, 10'240u);
  EXPECT_EQ(seen.conflicts[0].found.size(), 512u);
  error_of(Kind::refused, [&] { undo(*small.disk, small.journal, {}); });
  EXPECT_EQ(small.disk->bytes, repaired);
  EXPECT_FALSE(small.journal.empty());
  undo(*small.disk, small.journal, {true, {}});
  EXPECT_EQ(small.disk->bytes, small.content);
}

TEST(Apply, any_mix_of_old_and_new_sectors_is_partly_and_both_ways_finish_it) {
  Small small;
  apply(*small.disk, small.plan, small.journal, {});
  Bytes after = small.disk->bytes;
  for (u64 at = 10'240; at < 12'000; at += 1024) std::copy_n(&small.content[at], 512, &small.disk->bytes[at]);
  Bytes mixed = small.disk->bytes;
  EXPECT_EQ(observe(*small.disk, small.plan).state, State::partly);
  apply(*small.disk, small.plan, small.journal, {});
  EXPECT_EQ(small.disk->bytes, after);
  EXPECT_EQ(small.journal.entries().size(), 1u);
  small.disk->bytes = mixed;
  EXPECT_EQ(undo(*small.disk, small.journal, {}).state, State::partly);
  EXPECT_EQ(small.disk->bytes, small.content);
}

TEST(Apply, a_plan_that_changes_nothing_is_misuse) {
  Small small;
  Plan plan{"nothing", 0, 64 << 10, {}, {}};
  error_of(Kind::misuse, [&] { apply(*small.disk, plan, small.journal, {}); });
  plan.patches.push_back(
      {5000, 9000, slice_of(small.disk, 5000, 9000), slice_of(small.disk, 5000, 9000), "same"});
  error_of(Kind::misuse, [&] { apply(*small.disk, plan, small.journal, {}); });
  apply(*small.disk, small.plan, small.journal, {});
  error_of(Kind::misuse, [&] { apply(*small.disk, small.plan, small.journal, {}); });
  EXPECT_EQ(small.journal.entries().size(), 1u);
}

TEST(Apply, plans_are_undone_in_the_reverse_order) {
  Small small;
  apply(*small.disk, small.plan, small.journal, {});
  Bytes first = small.disk->bytes;
  Plan second{"second", 0, 64 << 10, {}, {}};
  second.patches.push_back({104, 4, memory_space(Bytes(4, 0xaa)), memory_space(Bytes(4, 1)), "set y"});
  apply(*small.disk, second, small.journal, {});
  Journal journal(small.scratch / "journal");
  undo(*small.disk, journal, {});
  EXPECT_EQ(small.disk->bytes, first);
  undo(*small.disk, journal, {});
  EXPECT_EQ(small.disk->bytes, small.content);
}

TEST(Apply, another_disk_is_refused) {
  Small small;
  apply(*small.disk, small.plan, small.journal, {});
  MemoryDevice other(random_bytes(64 << 10, 99));
  Bytes before = other.bytes;
  error_of(Kind::refused, [&] { undo(other, small.journal, {}); });
  error_of(Kind::refused, [&] { apply(other, small.plan, small.journal, {}); });
  MemoryDevice larger(Bytes(128 << 10));
  error_of(Kind::refused, [&] { apply(larger, small.plan, small.journal, {}); });
  EXPECT_EQ(other.bytes, before);
}

TEST(Apply, a_failing_write_says_how_far_it_came_and_leaves_the_journal) {
  Small small;
  Failing disk(small.content, 1);
  std::string words = error_of(Kind::partly, [&] { apply(disk, small.plan, small.journal, {}); });
  EXPECT_NE(words.find("stopped after 8 of 2008 bytes: the cable is out"), std::string::npos) << words;
  disk.good = 100;
  EXPECT_EQ(undo(disk, small.journal, {}).state, State::partly);
  EXPECT_EQ(disk.bytes, small.content);
}

TEST(Apply, a_journal_that_cannot_be_written_leaves_the_disk_alone) {
  Small small;
  Journal nowhere("/nonexistent/journal");
  error_of(Kind::io, [&] { apply(*small.disk, small.plan, nowhere, {}); });
  EXPECT_EQ(small.disk->bytes, small.content);
}

TEST(Apply, progress_ends_where_it_said_it_would) {
  Small small;
  std::vector<std::pair<u64, u64>> seen;
  Plan plan{"large", 0, 64 << 10, {}, {}};
  plan.patches.push_back({0, 60'000, slice_of(small.disk, 0, 60'000), filled_space(0, 60'000), "wipe"});
  apply(*small.disk, plan, small.journal, {false, [&](u64 done, u64 total) {
                                             seen.push_back({done, total});
                                           }});
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back(), (std::pair<u64, u64>(120'000, 120'000)));
  EXPECT_TRUE(std::ranges::is_sorted(seen));
}

} // namespace lab
