// SPDX-License-Identifier: GPL-2.0-or-later
//
// The structures of NTFS, by name. Each is defined in the file that explains it.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs::tables {

extern const Struct volume;                                                      // volume.cc
extern const Struct boot;                                                        // boot.cc
extern const Struct record, fixup;                                               // record.cc, fixup.cc
extern const Struct attribute, packed_attribute, content;                        // attribute.cc
extern const Struct run, hole;                                                   // runs.cc
extern const Struct standard_information, short_standard_information, file_name; // values.cc
extern const Struct object_id, short_object_id, volume_name, volume_information; // values.cc
extern const Struct reparse_point, ea_information;                               // values.cc
extern const Struct attribute_list_entry;                                        // attribute_list.cc
extern const Struct index_root, index_block, index_entry, view_entry;            // index.cc
extern const Struct logfile, restart_page, restart_area, log_client;             // logfile.cc
extern const Struct bitmap, upcase;                                              // volume.cc

} // namespace lab::ntfs::tables
