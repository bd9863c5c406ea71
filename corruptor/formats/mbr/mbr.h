// SPDX-License-Identifier: GPL-2.0-or-later
//
// The master boot record and the chain of extended boot records behind it.
#pragma once

#include "formats/disk/disk.h"

namespace lab {

extern const Struct mbr_struct;
extern const Struct mbr_entry_struct;
extern const Struct ebr_struct;
extern const Struct ebr_entry_struct;

/// The row's name for an MBR partition type, or "0x.." where it has none.
std::string mbr_type_text(u64 type);
bool is_extended(u64 type);
constexpr u64 protective_type = 0xee;

Node mbr_of(const Node &disk);

/// The entries of an MBR or of an extended boot record that are not empty.
void each_mbr_entry(const Node &record, const Visit &visit);

/// The chain of extended boot records, in order; Damage where it loops or leaves its partition.
void each_ebr(const Node &disk, const Visit &visit);

/// True if sector 0 holds a partition table that makes sense on this disk.
bool mbr_is_plausible(const Node &disk);

/// Primary partitions 1 to 4, logical ones from 5. Appends what is damaged to `notes`.
std::vector<Partition> mbr_partitions(const Node &disk, std::vector<std::string> &notes);

} // namespace lab
