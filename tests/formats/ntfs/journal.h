// SPDX-License-Identifier: GPL-2.0-or-later
//
// A volume whose journal has restart pages, and pages of records: mkntfs and ntfs-3g leave an emptied one.
#pragma once

#include "image.h"

namespace lab::ntfs_test {

inline Bytes page_as_windows_writes_it() {
  Bytes page(4096, 0);
  auto put = [&](u64 at, const std::string &digits) {
    std::ranges::copy(unhex(digits), page.begin() + static_cast<i64>(at));
  };
  put(0x00, "52535452 1e00 0900 0000000000000000 00100000 00100000 3000 0100 0100"); // RSTR, 9 words at 0x1e
  put(0x1e, "0d00");
  for (u64 stride = 0; stride < 8; stride++) put(stride * 512 + 510, "0d00");
  put(0x30, "ed7d100000000000 0100 ffff 0000 0200 2d000000 e000 4000 0080280000000000 70000000 3000 4000");
  put(0x70,
      "e27d100000000000 ed7d100000000000 ffff ffff 0000 000000000000 08000000 4e00540046005300"); // client
                                                                                                  // NTFS
  return page;
}

inline std::unique_ptr<Volume> make_with_journal() {
  std::unique_ptr<Volume> volume = make_volume();
  u64 start = disk_offset(at(open_volume(volume->disk), "ntfs.logfile").node);
  for (u64 n : {0, 1}) volume->disk->write(start + n * 4096, page_as_windows_writes_it());
  return volume;
}

/// A page of the journal being made; its last words are moved into its update sequence array at the end.
struct LogPage {
  Bytes bytes = Bytes(4096, 0);

  void put(u64 at, u64 value, u64 size) {
    for (u64 i = 0; i < size; i++) bytes.at(at + i) = static_cast<u8>(value >> (8 * i));
  }

  explicit LogPage(u64 last_lsn) {
    put(0x00, 0x44524352, 4); // RCRD
    put(0x04, 0x28, 2);
    put(0x06, 9, 2);
    put(0x08, last_lsn, 8);
    put(0x10, 1, 4);
    put(0x14, 1, 2);
    put(0x16, 1, 2);
    put(0x20, last_lsn, 8);
  }

  void protect(u64 usn) {
    put(0x28, usn, 2);
    for (u64 i = 0; i < 8; i++) {
      u64 tail = i * 512 + 510;
      put(0x2a + 2 * i, bytes[tail] | bytes[tail + 1] << 8, 2);
      put(tail, usn, 2);
    }
  }
};

/// The number of a record at `at` of page `page`, in lap 5 of a journal of less than 4 MiB.
constexpr u64 lsn_at(u64 page, u64 at) { return u64{5} << 19 | (page * 4096 + at) / 8; }

/// Pages 4 and 5 of the journal: an action, one with 5000 bytes of redo that goes on in page 5, and a
/// checkpoint.
inline std::unique_ptr<Volume> make_with_log_records() {
  std::unique_ptr<Volume> volume = make_with_journal();
  Bytes area; // of both pages, without their headers
  auto put = [&](u64 value, u64 size) {
    for (u64 i = 0; i < size; i++) area.push_back(static_cast<u8>(value >> (8 * i)));
  };
  auto header = [&](u64 lsn, u64 before, u64 length, u64 type, u64 flags) {
    for (u64 value : {lsn, before, before}) put(value, 8);
    put(length, 4), put(0, 4), put(type, 4), put(0x18, 4), put(flags, 2), put(0, 6);
  };
  auto action = [&](u64 redo, u64 undo, u64 redo_length) {
    for (u64 value : {redo, undo, u64{0x28}, redo_length, 0x28 + redo_length, u64{0}, u64{0x18}, u64{1},
                      u64{0x180}, u64{8}, u64{2}, u64{2}})
      put(value, 2);
    put(7, 8), put(1234, 8);
    for (u64 i = 0; i < redo_length; i++) area.push_back(static_cast<u8>(i));
  };
  u64 first = lsn_at(4, 0x40), second = lsn_at(4, 0xb8),
      third = lsn_at(5, 0x40 + 0xb8 - 0x40 + 0x30 + 0x28 + 5000 - 4032);
  header(first, 0, 0x48, 1, 0);
  action(0x05, 0x06, 0x20);
  header(second, first, 0x28 + 5000, 1, 1);
  action(0x07, 0x00, 5000);
  header(third, 0, 0x40, 2, 0);
  put(1, 4), put(0, 4), put(first, 8);
  for (u64 lsn : {u64{0}, u64{0}, second, u64{0}}) put(lsn, 8);
  for (u64 length : {u64{0}, u64{0}, u64{0x28}, u64{0}}) put(length, 4);

  u64 start = disk_offset(at(open_volume(volume->disk), "ntfs.logfile").node);
  for (u64 n : {0, 1}) {
    LogPage page(n == 0 ? second : third);
    for (u64 i = 0; i < 4032 && n * 4032 + i < area.size(); i++) page.bytes[0x40 + i] = area[n * 4032 + i];
    page.protect(0x1234);
    volume->disk->write(start + (4 + n) * 4096, page.bytes);
  }
  return volume;
}

} // namespace lab::ntfs_test
