// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rows that entries of all indexes have, whatever their key is.
#pragma once

#include "schema/field.h"

namespace lab::ntfs::entry_rows {

inline constexpr Name flag_names[] = {{1, "has_child"}, {2, "last"}};

inline constexpr Field length =
    le16("length", 0x08).called("length").doc("bytes from here to the next entry");
inline constexpr Field key_length = le16("key_length", 0x0a).called("key_length").doc("bytes in the key");
inline constexpr Field flags =
    le16("flags", 0x0c).called("flags").with(flags_of(flag_names)).doc("what follows");
inline constexpr Field has_child =
    flag("has_child", 0x0c, 0).called("INDEX_ENTRY_NODE").doc("1: child_vcn leads to smaller keys");
inline constexpr Field last =
    flag("last", 0x0c, 1).called("INDEX_ENTRY_END").doc("1: the end mark, without a key");
inline constexpr Field padding = reserved("reserved", 0x0e, 2);
inline constexpr Field child_vcn = le64("child_vcn", Num("length", 1, -8))
                                       .called("vcn")
                                       .if_("has_child", 1)
                                       .doc("the block with the keys between the entry before and this one");

/// What stands before them in an entry whose key is no name.
inline constexpr Field data_offset =
    le16("data_offset", 0x00).called("data_offset").doc("where the data starts, from the entry's start");
inline constexpr Field data_length = le16("data_length", 0x02).called("data_length").doc("bytes in the data");
inline constexpr Field reserved_1 = reserved("reserved_1", 0x04, 4);

} // namespace lab::ntfs::entry_rows
