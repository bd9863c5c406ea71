// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/bytes.h"

#include "scratch.h"

namespace lab {

TEST(Bytes, hex_and_back) {
  Bytes bytes = {0x00, 0x0f, 0xa5, 0xff};
  EXPECT_EQ(hex(bytes), "000fa5ff");
  EXPECT_EQ(unhex("000fa5ff"), bytes);
  EXPECT_EQ(unhex("00 0F A5 ff"), bytes);
  EXPECT_EQ(unhex(""), Bytes());
}

TEST(Bytes, unhex_names_the_wrong_digit) {
  EXPECT_EQ(error_of(Kind::misuse, [] { unhex("0g"); }), "'g' in \"0g\" is no hexadecimal digit");
  EXPECT_EQ(error_of(Kind::misuse, [] { unhex("123"); }), "\"123\" has an odd number of hexadecimal digits");
}

TEST(Bytes, sizes_in_words) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(512), "512 B");
  EXPECT_EQ(human_size(64 << 10), "64 KiB");
  EXPECT_EQ(human_size(u64{3} << 29), "1.5 GiB");
  EXPECT_EQ(human_size(u64{3} << 40), "3 TiB");
  EXPECT_EQ(human_size(~u64{0}), "16.0 EiB");
  EXPECT_EQ(hex_offset(0x7e00), "0x7e00");
}

} // namespace lab
