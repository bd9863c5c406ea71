// SPDX-License-Identifier: GPL-2.0-or-later
//
// What walks are made of: clusters with one owner, chunks that come ahead of time, rows read straight from bytes.
#include <gtest/gtest.h>

#include "device/ahead.h"
#include "device/memory.h"
#include "formats/cluster_set.h"
#include "formats/disk/disk.h"
#include "schema/fixed.h"

namespace lab {
namespace {

TEST(ClusterSet, tells_the_first_cluster_that_was_claimed_before) {
  ClusterSet clusters(1000);
  EXPECT_EQ(clusters.claim(10, 200), std::nullopt);
  EXPECT_EQ(clusters.claim(0, 10), std::nullopt);
  EXPECT_EQ(clusters.claim(210, 790), std::nullopt);
  EXPECT_EQ(clusters.claim(999, 1), 999u);
  EXPECT_EQ(clusters.claim(70, 500), 70u);
  ClusterSet gaps(300);
  gaps.claim(130, 1);
  EXPECT_EQ(gaps.claim(0, 300), 130u);
  EXPECT_TRUE(gaps.has(0) && gaps.has(299));
}

TEST(ClusterSet, a_volume_too_large_for_it_has_none) {
  EXPECT_FALSE(ClusterSet(ClusterSet::most + 1).kept());
  EXPECT_EQ(ClusterSet(ClusterSet::most + 1).claim(5, 5), std::nullopt);
}

TEST(Strays, are_counted_and_the_first_is_kept) {
  Strays strays;
  strays.add(0, 0);
  strays.add(0b1010000, 64);
  strays.add(1, 128);
  EXPECT_EQ(strays.count, 3u);
  EXPECT_EQ(strays.first, 68u);
}

TEST(Ahead, gives_every_byte_once_in_order) {
  Bytes bytes(10000);
  for (size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<u8>(i * 7);
  Ahead ahead(memory_space(bytes), 9999, 4096, 8);
  Bytes read;
  for (Ahead::Chunk chunk = ahead.next(); !chunk.bytes.empty(); chunk = ahead.next()) {
    EXPECT_EQ(chunk.at, read.size());
    read.insert(read.end(), chunk.bytes.begin(), chunk.bytes.end());
  }
  EXPECT_EQ(read, Bytes(bytes.begin(), bytes.end() - 1));
}

TEST(Ahead, goes_on_behind_what_cannot_be_read) {
  Ahead ahead(memory_space(Bytes(5000)), 12288, 4096, 0); // the second chunk leaves the space
  EXPECT_EQ(ahead.next().bytes.size(), 4096u);
  EXPECT_THROW(ahead.next(), Damage);
  EXPECT_THROW(ahead.next(), Damage);
  EXPECT_TRUE(ahead.next().bytes.empty());
}

constexpr Field rows[] = {
    le16("two", 1).doc("two bytes"), le64("eight", 3).doc("all of 64 bits"), bits("some", 4, 5).doc("not whole bytes"),
    le("placed", "two", 2).doc("where another row says"), le("six", 0, 6).doc("48 bits"),
};
constexpr Struct things = {"things", "for this test", 16, rows, {}, {}, {}, {}, "this test"};

TEST(Fixed, reads_what_the_table_says) {
  Bytes bytes(16 + fixed_slack);
  for (size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<u8>(i + 1);
  EXPECT_EQ(Fixed(things, "two")(bytes.data()), 0x0302u);
  EXPECT_EQ(Fixed(things, "eight")(bytes.data()), 0x0b0a090807060504u);
  EXPECT_EQ(Fixed(things, "six")(bytes.data()), 0x060504030201u);
  EXPECT_THROW(Fixed(things, "some"), std::logic_error);
  EXPECT_THROW(Fixed(things, "placed"), std::logic_error);
  EXPECT_THROW(Fixed(things, "none"), std::logic_error);
}

} // namespace
} // namespace lab
