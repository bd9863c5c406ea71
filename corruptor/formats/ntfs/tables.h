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
extern const Struct run, hole, unit, chunk;                                      // runs.cc, units.cc
extern const Struct standard_information, short_standard_information, file_name; // values.cc
extern const Struct object_id, short_object_id, volume_name, volume_information; // values.cc
extern const Struct ea_information, raw_value;                                   // values.cc
extern const Struct reparse_point, symlink, mount_point;                         // reparse.cc
extern const Struct ea, ea_list, efs, efs_key;                                   // extended.cc
extern const Struct security_descriptor, sid, acl, ace, object_ace;              // security.cc
extern const Struct attribute_list_entry;                                        // attribute_list.cc
extern const Struct tree;                                                        // index.cc
extern const Struct index_root, index_block, index_entry;                        // index_node.cc
extern const Struct view_entry, sii_entry, sdh_entry, object_id_entry;           // view_index.cc
extern const Struct owner_entry, quota_entry, reparse_entry;                     // view_index.cc
extern const Struct security_key, hash_key, object_key, object_data;             // view_index.cc
extern const Struct owner, quota, reparse_key;                                   // view_index.cc
extern const Struct secure, sds_entry, security_header;                          // secure.cc
extern const Struct logfile, restart_page, restart_area, log_client;             // logfile.cc
extern const Struct log_page;                                                    // log_page.cc
extern const Struct log_record, log_action, checkpoint, log_bytes;               // log_record.cc
extern const Struct usn_journal, usn_maximum, usn_record, usn_record_3;          // usn_journal.cc
extern const Struct attribute_definition, upcase_information, hiberfile;         // system_files.cc
extern const Struct bitmap, upcase;                                              // volume.cc

} // namespace lab::ntfs::tables
