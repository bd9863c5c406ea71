// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/mapped.h"

#include <numeric>

#include "device/memory.h"
#include "scratch.h"

namespace lab {

static SpacePtr hundred_bytes() {
  Bytes bytes(100);
  std::iota(bytes.begin(), bytes.end(), u8{0});
  return memory_space(bytes);
}

TEST(Mapped, reads_across_pieces_in_their_order) {
  MappedSpace space(hundred_bytes(), {{3, 50}, {2, 10}, {4, 90}});
  EXPECT_EQ(space.size(), 9u);
  EXPECT_EQ(bytes_at(space, 0, 9), (Bytes{50, 51, 52, 10, 11, 90, 91, 92, 93}));
  EXPECT_EQ(bytes_at(space, 2, 4), (Bytes{52, 10, 11, 90}));
  EXPECT_EQ(space.locate(2, 4), (std::vector<Extent>{{52, 1}, {10, 2}, {90, 1}}));
  EXPECT_EQ(space.locate(0, 0), std::vector<Extent>());
}

TEST(Mapped, spaces_within_spaces_are_located_on_the_disk) {
  SpacePtr partition = slice_of(hundred_bytes(), 20, 60);
  MappedSpace file(partition, {{5, 30}, {5, 0}});
  EXPECT_EQ(file.locate(3, 5), (std::vector<Extent>{{53, 2}, {20, 3}}));
  EXPECT_EQ(bytes_at(file, 3, 5), (Bytes{53, 54, 20, 21, 22}));
}

TEST(Mapped, a_sparse_hole_reads_as_zeroes_but_has_no_place) {
  MappedSpace space(hundred_bytes(), {{2, 7}, {3, std::nullopt}, {1, 9}});
  EXPECT_EQ(bytes_at(space, 0, 6), (Bytes{7, 8, 0, 0, 0, 9}));
  EXPECT_THROW(space.locate(1, 2), Damage);
  Stretch hole = space.stretch(2, 100);
  EXPECT_TRUE(hole.zero);
  EXPECT_EQ(hole.length, 3u);
}

TEST(Mapped, a_compressed_hole_cannot_be_read) {
  MappedSpace space(hundred_bytes(), {{2, 7}, {3, std::nullopt, false}});
  EXPECT_FALSE(space.stretch(2, 3).zero);
  EXPECT_EQ(error_of(Kind::damage, [&] { bytes_at(space, 1, 3); }), "no bytes on disk at 0x2: it is a hole");
}

TEST(Mapped, a_piece_beyond_the_parent_is_damage_only_where_it_is_read) {
  MappedSpace space(hundred_bytes(), {{4, 98}, {4, ~u64{0} - 1}});
  EXPECT_EQ(bytes_at(space, 0, 2), (Bytes{98, 99}));
  EXPECT_THROW(bytes_at(space, 1, 2), Damage);
  EXPECT_THROW(bytes_at(space, 6, 1), Damage);
  EXPECT_THROW(space.locate(4, 4), Damage);
  EXPECT_FALSE(space.stretch(4, 4).zero);
  EXPECT_THROW(bytes_at(space, 7, 2), Damage) << "beyond the space itself";
}

TEST(Mapped, lengths_that_wrap_around_are_damage) {
  EXPECT_THROW(MappedSpace(hundred_bytes(), {{~u64{0}, 0}, {2, 5}}), Damage);
}

TEST(Mapped, a_slice_knows_whose_bytes_it_shows) {
  SpacePtr disk = hundred_bytes();
  SpacePtr slice = slice_of(disk, 10, 5);
  EXPECT_TRUE(is_slice(*slice, *disk, 10));
  EXPECT_FALSE(is_slice(*slice, *disk, 11));
  EXPECT_FALSE(is_slice(*slice, *hundred_bytes(), 10));
  EXPECT_FALSE(is_slice(*memory_space(Bytes(5)), *disk, 10));
}

TEST(Mapped, chunks_leave_out_what_is_known_to_be_zero) {
  MappedSpace space(hundred_bytes(), {{5, 10}, {50, std::nullopt}, {3, 20}});
  std::vector<std::pair<u64, Bytes>> seen;
  each_chunk(
      space, {1, 57},
      [&](u64 at, std::span<const u8> chunk) {
        seen.push_back({at, {chunk.begin(), chunk.end()}});
      },
      3);
  EXPECT_EQ(seen, (std::vector<std::pair<u64, Bytes>>{{1, {11, 12, 13}}, {4, {14}}, {55, {20, 21, 22}}}));
}

} // namespace lab
