// SPDX-License-Identifier: GPL-2.0-or-later
//
// The structures of exFAT, by name. Each is defined in the file that explains it.
#pragma once

#include "schema/struct.h"

namespace lab::exfat {

/// The document that all of these are from.
inline constexpr char specification[] =
    "https://learn.microsoft.com/en-us/windows/win32/fileio/exfat-specification";

namespace tables {

extern const Struct volume;                                                                   // volume.cc
extern const Struct boot;                                                                     // boot.cc
extern const Struct extended_boot, oem_parameters, oem_record, flash_record, reserved_sector; // sectors.cc
extern const Struct table, link, bitmap, upcase, content;                                     // allocation.cc
extern const Struct file_entry, stream, name_part, vendor, vendor_allocation, acl;            // entries.cc
extern const Struct bitmap_entry, upcase_entry, label_entry, volume_guid, padding;            // entries.cc
extern const Struct end_entry, primary_entry, secondary_entry;                                // entries.cc
extern const Struct set, torn_set;                                                            // set.cc
extern const Struct directory;                                                                // directory.cc

} // namespace tables
} // namespace lab::exfat
