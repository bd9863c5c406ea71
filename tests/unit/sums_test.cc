// SPDX-License-Identifier: GPL-2.0-or-later
//
// The sums are compared with those that the formats' own tools write.
#include "base/sums.h"

#include <algorithm>
#include <string_view>

#include "scratch.h"

namespace lab {

static std::span<const u8> bytes_of(std::string_view text) {
  return {reinterpret_cast<const u8 *>(text.data()), text.size()};
}

TEST(Sums, crc32_has_the_published_check_value) { EXPECT_EQ(crc32(bytes_of("123456789")), 0xcbf43926); }

TEST(Sums, exfat_boot_sum_is_what_mkfs_stores_in_sector_11) {
  Scratch scratch;
  std::string image = scratch / "exfat.img";
  write_file(image, Bytes(16 << 20));
  run({"mkfs.exfat", image});
  Bytes disk = read_file(image);
  Bytes boot(disk.begin(), disk.begin() + 11 * 512);
  u32 stored = disk[5632] | disk[5633] << 8 | disk[5634] << 16 | static_cast<u32>(disk[5635]) << 24;
  EXPECT_EQ(exfat_boot_sum(boot), stored);

  boot[106] ^= 1, boot[107] ^= 1, boot[112] ^= 1;
  EXPECT_EQ(exfat_boot_sum(boot), stored) << "flags and percentage in use are left out";
  boot[108] ^= 1;
  EXPECT_NE(exfat_boot_sum(boot), stored);
}

TEST(Sums, exfat_entry_set_sum_rotates_and_skips_itself) {
  Bytes set(64);
  set[0] = 0x01, set[1] = 0x02, set[2] = 0xff, set[3] = 0xff, set[63] = 0x05;
  u16 expected = 0x01;
  expected = 0x8000 + 0x02; // 0x0001 rotated, and the second byte
  for (int i = 4; i < 63; i++) expected = static_cast<u16>(expected >> 1 | expected << 15);
  expected = static_cast<u16>((expected >> 1 | expected << 15) + 0x05);
  EXPECT_EQ(exfat_entry_set_sum(set), expected);
}

TEST(Sums, short_name_sum_is_what_mtools_stores_with_a_long_name) {
  Scratch scratch;
  std::string image = scratch / "fat.img";
  write_file(scratch / "file", Bytes(1));
  run({"mkfs.fat", "-C", image, "2880"});
  run({"mcopy", "-i", image, scratch / "file", "::/a rather long name.txt"});
  Bytes disk = read_file(image);
  std::string_view short_name = "ARATHE~1TXT";
  auto found = std::search(disk.begin(), disk.end(), short_name.begin(), short_name.end());
  ASSERT_NE(found, disk.end());
  EXPECT_EQ(short_name_sum(bytes_of(short_name)), *(found - 32 + 13));
}

} // namespace lab
