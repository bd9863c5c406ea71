// SPDX-License-Identifier: GPL-2.0-or-later
//
// Compression units by hand; what ntfs-3g and Windows have packed is unpacked in tests/python/test_files.py.
#include "formats/ntfs/unpacked.h"

#include "image.h"

namespace lab::ntfs_test {
namespace {

std::string unpack(const std::string &digits, u64 size) {
  Bytes bytes = ntfs::unpacked(unhex(digits), size);
  return {bytes.begin(), bytes.end()};
}

std::string why(const std::string &digits) {
  try {
    ntfs::unpacked(unhex(digits), 8192);
  } catch (const Damage &damage) { return damage.what(); }
  return "nothing was thrown";
}

TEST(ntfs_unpacked, bytes_as_they_are_and_references_to_them) {
  // Three letters, then four bytes from two back, then one from seven back that is three long.
  EXPECT_EQ(unpack("07b0" "18" "616263" "0110" "0060", 12), std::string("abcbcbcabc\0\0", 12));
}

TEST(ntfs_unpacked, a_reference_reaches_into_what_it_makes_and_its_bits_shift_with_the_place) {
  EXPECT_EQ(unpack("03b0" "02" "61" "0900", 13), std::string(13, 'a'));
  // Behind 16 bytes four bits are for the distance, behind 17 five.
  std::string letters = "6162636465666768", more = "696a6b6c6d6e6f70";
  EXPECT_EQ(unpack("14b0" "00" + letters + "00" + more + "01" "00f0", 19), "abcdefghijklmnopabc");
  EXPECT_EQ(unpack("15b0" "00" + letters + "00" + more + "02" "71" "0080", 20), "abcdefghijklmnopqabc");
}

TEST(ntfs_unpacked, a_chunk_stands_for_4096_bytes_and_one_that_is_not_packed_is_as_it_is) {
  std::string out = unpack("01b0" "0061" "0230" "626364" "0000", 8192);
  EXPECT_EQ(out.substr(0, 2), std::string("a\0", 2));
  EXPECT_EQ(out.substr(4096, 4), std::string("bcd\0", 4));
  EXPECT_EQ(unpack("0000", 4096), std::string(4096, '\0'));
  EXPECT_EQ(unpack("", 10), std::string(10, '\0'));
}

TEST(ntfs_unpacked, what_cannot_be_is_damage) {
  EXPECT_EQ(why("ffbf" "00"), "a compressed chunk leaves its unit");
  EXPECT_EQ(why("02b0" "01" "0000"), "a compressed chunk begins with a reference, or ends within one");
  EXPECT_EQ(why("02b0" "02" "6100"), "a compressed chunk begins with a reference, or ends within one");
  EXPECT_EQ(why("03b0" "02" "61" "0010"), "a compressed chunk refers to what is not in it");
  EXPECT_EQ(why("05b0" "06" "61" "ff0f" "ff0f"), "a compressed chunk refers to what is not in it");
}

} // namespace
} // namespace lab::ntfs_test
