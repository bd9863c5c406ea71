// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/overlay.h"

#include "device/memory.h"
#include "scratch.h"

namespace lab {

TEST(Overlay, what_is_below_stays_as_it_was) {
  SpacePtr below = memory_space({1, 2, 3, 4});
  Overlay overlay(below);
  overlay.put(1, Bytes{9, 9}, "set a");
  EXPECT_EQ(bytes_at(overlay, 0, 4), (Bytes{1, 9, 9, 4}));
  EXPECT_EQ(bytes_at(*below, 0, 4), (Bytes{1, 2, 3, 4}));
  EXPECT_EQ(overlay.locate(1, 2), (std::vector<Extent>{{1, 2}}));
}

TEST(Overlay, a_range_written_twice_keeps_both_reasons) {
  Overlay overlay(memory_space(Bytes(10)));
  overlay.put(2, Bytes(4, 1), "a");
  overlay.put(4, Bytes(4, 2), "b");
  std::vector<std::string> seen;
  for (const auto &[at, written] : overlay.written())
    seen.push_back(std::to_string(at) + "+" + std::to_string(written.length) + " " + written.why);
  EXPECT_EQ(seen, (std::vector<std::string>{"2+2 a", "4+2 a; b", "6+2 b"}));
  EXPECT_EQ(bytes_at(overlay, 0, 10), (Bytes{0, 0, 1, 1, 2, 2, 2, 2, 0, 0}));
}

TEST(Overlay, half_a_gigabyte_of_zeroes_takes_no_memory_and_is_known_to_be_zero) {
  Overlay overlay(std::make_shared<FilledSpace>(7, u64{1} << 40));
  overlay.put(1000, filled_space(0, 500'000'000), "wipe");
  Stretch stretch = overlay.stretch(2000, u64{1} << 30);
  EXPECT_TRUE(stretch.zero);
  EXPECT_EQ(stretch.length, 500'000'000u - 1000);
  EXPECT_EQ(overlay.stretch(0, 5000).length, 1000u);
  EXPECT_FALSE(overlay.stretch(0, 5000).zero);
}

TEST(Overlay, writing_beyond_the_end_is_damage) {
  Overlay overlay(memory_space(Bytes(10)));
  EXPECT_THROW(overlay.put(8, Bytes(3), "a"), Damage);
  EXPECT_TRUE(overlay.written().empty());
}

TEST(Overlay, any_writes_read_back_as_from_a_plain_buffer) {
  std::mt19937 random(1);
  auto below = [&](unsigned most) { return static_cast<unsigned>(random() % most); };
  for (int round = 0; round < 200; round++) {
    Bytes model = random_bytes(64, random());
    Overlay overlay(memory_space(model));
    for (int i = 0; i < 12; i++) {
      u64 at = below(64);
      Bytes data = random_bytes(below(64 - static_cast<unsigned>(at)) + 1, random());
      if (below(4) == 0) data.assign(data.size(), 0);
      overlay.put(at, data, std::to_string(below(3)));
      std::copy(data.begin(), data.end(), model.begin() + static_cast<std::ptrdiff_t>(at));
    }
    ASSERT_EQ(bytes_at(overlay, 0, 64), model);
    u64 from = below(64);
    u64 length = below(65 - static_cast<unsigned>(from));
    auto start = model.begin() + static_cast<std::ptrdiff_t>(from);
    ASSERT_EQ(bytes_at(overlay, from, length), Bytes(start, start + static_cast<std::ptrdiff_t>(length)));
    u64 end = 0;
    for (const auto &[at, written] : overlay.written()) {
      ASSERT_GE(at, end) << "ranges overlap";
      end = at + written.length;
    }
  }
}

} // namespace lab
