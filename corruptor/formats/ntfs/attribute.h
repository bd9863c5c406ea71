// SPDX-License-Identifier: GPL-2.0-or-later
//
// The attributes of a record: what a file consists of.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// The types of attributes that this reader looks for.
enum AttributeType : u32 {
  standard_information_type = 0x10,
  attribute_list_type = 0x20,
  file_name_type = 0x30,
  object_id_type = 0x40,
  security_descriptor_type = 0x50,
  volume_name_type = 0x60,
  volume_information_type = 0x70,
  data_type = 0x80,
  index_root_type = 0x90,
  index_allocation_type = 0xa0,
  bitmap_type = 0xb0,
  reparse_point_type = 0xc0,
  ea_information_type = 0xd0,
  ea_type = 0xe0,
  logged_utility_stream_type = 0x100,
};

extern const Names attribute_types;

inline constexpr u64 end_mark = 0xffffffff;       ///< in place of a type: no more attributes
inline constexpr u64 smallest_attribute = 0x18;   ///< the header of a resident one
inline constexpr u64 smallest_non_resident = 0x40;
inline constexpr u64 smallest_header = 0x2a; ///< of a record, before its update sequence array, up to NTFS 3.0

/// Visits the attributes that stand in this record itself, in order, `given` the record's number. An
/// attribute whose length leads nowhere is visited; then comes Damage.
void each_own_attribute(const Node &record, const Visit &visit);

/// The same, then those that the record's $ATTRIBUTE_LIST names in other records.
void each_attribute(const Node &record, const Visit &visit);

/// The first attribute of that type and name, at its beginning (extents that continue it are skipped).
std::optional<Node> find_attribute(const Node &record, u32 type, std::string_view name);

/// Its extents in the order of their first cluster, from the attribute itself on; the whole of it
/// unless it is continued in other records.
void each_extent(const Node &attribute, const Visit &visit);

std::string name_of(const Node &attribute);
bool is_resident(const Node &attribute);

/// The same structure under another name and parent: a shortcut to it.
Node renamed(Node node, const Node &parent, std::string name);

} // namespace lab::ntfs
