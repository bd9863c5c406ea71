// SPDX-License-Identifier: GPL-2.0-or-later
//
// The sums that disks protect themselves with: pure functions from bytes to a number. A sum that
// skips bytes (its own place, or bytes that may change at any time) knows that itself, so callers
// hand over whole structures.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"

namespace lab {

/// CRC-32 (IEEE 802.3), which GPT uses for its header and its entries.
/// UEFI Specification 2.10, 5.3.2: https://uefi.org/specs/UEFI/2.10/05_GUID_Partition_Table_Format.html
u32 crc32(std::span<const u8> bytes);

/// The exFAT boot region's sum over its first 11 sectors; skips the volume flags (106, 107) and the
/// percentage in use (112). exFAT specification, 3.4 "Main and Backup Boot Checksum Sub-regions":
/// https://learn.microsoft.com/en-us/windows/win32/fileio/exfat-specification
u32 exfat_boot_sum(std::span<const u8> sectors);

/// The sum of a set of exFAT directory entries; skips bytes 2 and 3, where it is stored itself.
/// exFAT specification, 6.3.3 "SetChecksum Field".
u16 exfat_entry_set_sum(std::span<const u8> entries);

/// The sum of an exFAT up-case table as it is stored. exFAT specification, 7.2.2 "TableChecksum Field".
u32 exfat_upcase_sum(std::span<const u8> table);

/// The hash of an exFAT name: of its UTF-16LE bytes, in upper case already, without an end mark.
/// exFAT specification, 7.6.4 "NameHash Field".
u16 exfat_name_hash(std::span<const u8> name);

/// The sum of a short name (11 bytes), which each of its long-name entries carries.
/// Microsoft FAT specification, "Organization and Association of Short & Long Directory Entries".
u8 short_name_sum(std::span<const u8> name);

/// The hash of a self-relative security descriptor, over its 32-bit words; bytes after the last whole
/// word are left out. Windows finds equal descriptors by it.
/// https://flatcap.github.io/linux-ntfs/ntfs/files/secure.html
u32 security_hash(std::span<const u8> descriptor);

/// CRC-64 with the polynomial 0xad93d23594c93659, reflected, inverted before and after: the sum of a volume's
/// table of upper-case letters. https://github.com/tuxera/ntfs-3g/blob/edge/ntfsprogs/mkntfs.c
u64 crc64(std::span<const u8> bytes);

/// SHA-256 of bytes that come piece by piece: FIPS 180-4.
class Sha256 {
public:
  Sha256();
  ~Sha256();
  void add(std::span<const u8> bytes);
  /// 64 digits; it begins anew.
  std::string hex();

private:
  struct Context;
  std::unique_ptr<Context> context;
};

} // namespace lab
