// SPDX-License-Identifier: GPL-2.0-or-later
//
// The GUID partition table: two headers, each with its own copy of the entries.
#pragma once

#include "formats/disk/disk.h"

namespace lab {

extern const Struct gpt_struct;
extern const Struct gpt_header_struct;
extern const Struct gpt_entry_struct;

Node gpt_of(const Node &disk);

/// A header's node; its place is a guess where the other header does not say it.
Node primary_header(const Node &gpt);
Node backup_header(const Node &gpt);
bool has_gpt_signature(const Node &header);

/// From the first header that is whole, else the first that is there at all. Appends to `notes`.
std::vector<Partition> gpt_partitions(const Node &disk, std::vector<std::string> &notes);

/// A partition type in words, or the GUID itself; and the MBR type that means the same, 0 if none.
std::string gpt_type_text(const std::string &guid);
/// The GUID of a type of that name; the text itself, which may be a GUID, if no type has it.
std::string gpt_type_guid(const std::string &text);
u8 gpt_mbr_type(const std::string &guid);

} // namespace lab
