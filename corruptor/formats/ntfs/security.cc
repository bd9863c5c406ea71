// SPDX-License-Identifier: GPL-2.0-or-later
//
// A security descriptor is self-relative: a header of offsets, then an owner, a group and up to two lists, in
// any order. The discretionary list (DACL) says who may do what; the system list (SACL) says what is to be
// recorded. A list is a header and its entries one after the other, each for one SID, the name that Windows
// has for a user or a group. Up to NTFS 1.2 every file had a descriptor of its own; since then all stand in
// $Secure once and files carry a number (see secure.cc).
//
// https://learn.microsoft.com/openspecs/windows_protocols/ms-dtyp/7d4dac05-9cef-4563-a058-f108abecce1d
#include "formats/ntfs/security.h"

#include "base/checked.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 smallest_part = 8; // a SID without numbers, or a list without entries
constexpr u64 smallest_ace = 8;

constexpr Name control_flags[] = {
    {0x0001, "owner_defaulted"},
    {0x0002, "group_defaulted"},
    {0x0004, "dacl_present"},
    {0x0008, "dacl_defaulted"},
    {0x0010, "sacl_present"},
    {0x0020, "sacl_defaulted"},
    {0x0040, "dacl_trusted"},
    {0x0080, "server_security"},
    {0x0100, "dacl_auto_inherit_required"},
    {0x0200, "sacl_auto_inherit_required"},
    {0x0400, "dacl_auto_inherited"},
    {0x0800, "sacl_auto_inherited"},
    {0x1000, "dacl_protected"},
    {0x2000, "sacl_protected"},
    {0x4000, "resource_manager_control_valid"},
    {0x8000, "self_relative"},
};
constexpr Name ace_types[] = {
    {0x00, "access_allowed"},
    {0x01, "access_denied"},
    {0x02, "system_audit"},
    {0x03, "system_alarm"},
    {0x04, "access_allowed_compound"},
    {0x05, "access_allowed_object"},
    {0x06, "access_denied_object"},
    {0x07, "system_audit_object"},
    {0x08, "system_alarm_object"},
    {0x09, "access_allowed_callback"},
    {0x0a, "access_denied_callback"},
    {0x0b, "access_allowed_callback_object"},
    {0x0c, "access_denied_callback_object"},
    {0x0d, "system_audit_callback"},
    {0x0e, "system_alarm_callback"},
    {0x0f, "system_audit_callback_object"},
    {0x10, "system_alarm_callback_object"},
    {0x11, "system_mandatory_label"},
    {0x12, "system_resource_attribute"},
    {0x13, "system_scoped_policy_id"},
    {0x14, "system_process_trust_label"},
    {0x15, "system_access_filter"},
};
constexpr Name ace_flags[] = {
    {0x01, "object_inherit"}, {0x02, "container_inherit"}, {0x04, "no_propagate_inherit"},
    {0x08, "inherit_only"},   {0x10, "inherited"},         {0x40, "successful_access"},
    {0x80, "failed_access"},
};
constexpr Name rights[] = {
    {0x00000001, "read_data"},       {0x00000002, "write_data"},      {0x00000004, "append_data"},
    {0x00000008, "read_ea"},         {0x00000010, "write_ea"},        {0x00000020, "execute"},
    {0x00000040, "delete_child"},    {0x00000080, "read_attributes"}, {0x00000100, "write_attributes"},
    {0x00010000, "delete"},          {0x00020000, "read_control"},    {0x00040000, "write_dac"},
    {0x00080000, "write_owner"},     {0x00100000, "synchronize"},     {0x01000000, "access_system_security"},
    {0x02000000, "maximum_allowed"}, {0x10000000, "generic_all"},     {0x20000000, "generic_execute"},
    {0x40000000, "generic_write"},   {0x80000000, "generic_read"},
};
constexpr Name object_flags[] = {{1, "object_type_present"}, {2, "inherited_object_type_present"}};

/// The six bytes of a SID's authority are the only big-endian number of NTFS.
u64 authority_of(const Node &sid) {
  Bytes bytes = bytes_at(*sid.space, sid.at + 2, 6);
  u64 value = 0;
  for (u8 byte : bytes) value = value << 8 | byte;
  return value;
}

Value sid_text(const Node &sid) {
  std::string text = "S-" + std::to_string(number(sid, "revision")) + "-" + std::to_string(authority_of(sid));
  const Field &sub_authority = *field_named(tables::sid, "sub_authority");
  for (u64 n = 0, count = number(sid, "sub_authority_count"); n < count; n++)
    text += "-" + std::to_string(std::get<u64>(value_of(sid, sub_authority, n)));
  return text;
}

constexpr Field sid_fields[] = {
    u8_("revision", 0x00).called("Revision").doc("1"),
    u8_("sub_authority_count", 0x01).called("SubAuthorityCount").doc("how many numbers follow, at most 15"),
    raw("authority", 0x02, 6)
        .called("IdentifierAuthority")
        .doc("who gave the numbers out: 5 is Windows NT; big-endian"),
    le32("sub_authority", 0x08)
        .times("sub_authority_count")
        .called("SubAuthority")
        .doc("from the domain to the user or group in it"),
    view("text", sid_text, nullptr, ValueKind::text).doc("the SID as people write it"),
};

constexpr Field ace_type =
    u8_("type", 0x00).called("AceType").with(one_of(ace_types)).doc("what the entry does");
constexpr Field ace_flag_byte = u8_("flags", 0x01)
                                    .called("AceFlags")
                                    .with(flags_of(ace_flags))
                                    .doc("how it is inherited, what is recorded");
constexpr Field ace_size = le16("size", 0x02).called("AceSize").doc("bytes from here to the next entry");
constexpr Field ace_mask =
    le32("mask", 0x04).called("Mask").with(flags_of(rights)).in_hex().doc("the rights that it is about");

constexpr Field ace_fields[] = {ace_type, ace_flag_byte, ace_size, ace_mask};
constexpr Field object_ace_fields[] = {
    ace_type,
    ace_flag_byte,
    ace_size,
    ace_mask,
    le32("object_flags", 0x08)
        .called("Flags")
        .with(flags_of(object_flags))
        .doc("which of the identities follow"),
    flag("has_object_type", 0x08, 0).called("ACE_OBJECT_TYPE_PRESENT").doc("1: object_type follows"),
    flag("has_inherited_type", 0x08, 1)
        .called("ACE_INHERITED_OBJECT_TYPE_PRESENT")
        .doc("1: inherited_object_type follows"),
    guid("object_type", 0x0c)
        .if_("has_object_type", 1)
        .called("ObjectType")
        .doc("the kind of object, or the property, that the rights are for"),
    guid("inherited_object_type", Num("has_object_type", 16, 0x0c))
        .if_("has_inherited_type", 1)
        .called("InheritedObjectType")
        .doc("the kind of object that inherits the entry"),
};

constexpr Field acl_fields[] = {
    u8_("revision", 0x00).called("AclRevision").doc("2; 4 if there are entries for objects"),
    reserved("reserved_1", 0x01, 1).called("Sbz1"),
    le16("size", 0x02).called("AclSize").doc("bytes in the list with its entries"),
    le16("ace_count", 0x04).called("AceCount").doc("entries in the list"),
    reserved("reserved_2", 0x06, 2).called("Sbz2"),
};

constexpr Field descriptor_fields[] = {
    u8_("revision", 0x00).called("Revision").doc("1"),
    reserved("reserved", 0x01, 1).called("Sbz1"),
    le16("control", 0x02)
        .called("Control")
        .with(flags_of(control_flags))
        .in_hex()
        .doc("what is there, and where from"),
    le32("owner_offset", 0x04).called("OffsetOwner").doc("where the owner's SID is; 0: there is none"),
    le32("group_offset", 0x08).called("OffsetGroup").doc("where the group's SID is; 0: there is none"),
    le32("sacl_offset", 0x0c).called("OffsetSacl").doc("where the system list is; 0: there is none"),
    le32("dacl_offset", 0x10).called("OffsetDacl").doc("where the discretionary list is; 0: there is none"),
};

/// What the offset in `field` leads to; none if it is 0.
std::optional<u64> place_of(const Node &descriptor, const char *field) {
  u64 offset = number(descriptor, field), size = size_of(descriptor);
  if (offset == 0) return std::nullopt;
  if (offset > size || size - offset < smallest_part)
    damaged(descriptor, 0,
            std::string(field) + " is " + hex_offset(offset) + ", which leaves the descriptor of " +
                std::to_string(size) + " bytes");
  return checked_add(descriptor.at, offset, field);
}

std::optional<Node> sid_in(const Node &descriptor, const char *field, const char *name) {
  std::optional<u64> at = place_of(descriptor, field);
  if (!at) return std::nullopt;
  return sid_node(descriptor, name, *at);
}

std::optional<Node> list_in(const Node &descriptor, const char *field, const char *name) {
  std::optional<u64> at = place_of(descriptor, field);
  if (!at) return std::nullopt;
  return child(descriptor, tables::acl, name, *at);
}

std::optional<Node> owner(const Node &d, const Key &) { return sid_in(d, "owner_offset", "owner"); }
std::optional<Node> group(const Node &d, const Key &) { return sid_in(d, "group_offset", "group"); }
std::optional<Node> sacl(const Node &d, const Key &) { return list_in(d, "sacl_offset", "sacl"); }
std::optional<Node> dacl(const Node &d, const Key &) { return list_in(d, "dacl_offset", "dacl"); }

bool is_for_objects(u64 type) {
  return (type >= 5 && type <= 8) || type == 11 || type == 12 || type == 15 || type == 16;
}

void each_ace(const Node &acl, const Visit &visit) {
  u64 end = checked_add(acl.at, size_of(acl), "the end of a list");
  u64 at = acl.at + smallest_part;
  for (u64 n = 0, count = number(acl, "ace_count"); n < count; n++) {
    if (at > end || end - at < smallest_ace)
      damaged(acl, 4,
              "ace_count is " + std::to_string(count) + "; entry " + std::to_string(n) + " leaves the list");
    Node ace = child(acl, tables::ace, keyed("ace", n), at);
    if (is_for_objects(number(ace, "type"))) ace.type = &tables::object_ace;
    if (!visit(ace)) return;
    u64 size = number(ace, "size");
    if (size < smallest_ace || size > end - at)
      damaged(ace, 2,
              "size is " + std::to_string(size) + ", expected " + std::to_string(smallest_ace) + " to " +
                  std::to_string(end - at));
    at += size;
  }
}

std::optional<Node> sid_of_ace(const Node &ace, const Key &) {
  u64 before = smallest_ace;
  if (ace.type == &tables::object_ace)
    before = 0x0c + 16 * (number(ace, "has_object_type") + number(ace, "has_inherited_type"));
  u64 size = size_of(ace);
  if (before > size || size - before < smallest_part) damaged(ace, 2, "size leaves no room for a SID");
  return sid_node(ace, "sid", ace.at + before);
}

constexpr Edge ace_edges[] = {
    {"sid", "", &tables::sid, "whom the entry is about", sid_of_ace, nullptr, true},
};
constexpr Edge acl_edges[] = {
    {"ace", "[n]", &tables::ace, "the entries; those that deny come first", nullptr, each_ace, true},
};
constexpr Edge descriptor_edges[] = {
    {"owner", "", &tables::sid, "who owns the file", owner, nullptr, true},
    {"group", "", &tables::sid, "its group; for POSIX alone", group, nullptr, true},
    {"dacl", "", &tables::acl, "who may do what", dacl, nullptr, true},
    {"sacl", "", &tables::acl, "what is to be recorded", sacl, nullptr, true},
};

constexpr const char *source = "https://learn.microsoft.com/openspecs/windows_protocols/ms-dtyp/";

} // namespace

namespace tables {
constexpr Struct sid = {.name = "ntfs.sid",
                        .meaning = "a user or a group, as Windows names them",
                        .size = Num("sub_authority_count", 4, 8),
                        .fields = sid_fields,
                        .source = source};
constexpr Struct ace = {.name = "ntfs.ace",
                        .meaning = "what one user or group may do",
                        .size = "size",
                        .fields = ace_fields,
                        .edges = ace_edges,
                        .source = source};
constexpr Struct object_ace = {.name = "ntfs.object_ace",
                               .meaning = "what one user or group may do with one kind of object",
                               .size = "size",
                               .fields = object_ace_fields,
                               .edges = ace_edges,
                               .source = source};
constexpr Struct acl = {.name = "ntfs.acl",
                        .meaning = "a list of entries for users and groups",
                        .size = "size",
                        .fields = acl_fields,
                        .edges = acl_edges,
                        .source = source};
constexpr Struct security_descriptor = {.name = "ntfs.security_descriptor",
                                        .meaning = "who owns a file and who may do what with it",
                                        .size = 0,
                                        .fields = descriptor_fields,
                                        .edges = descriptor_edges,
                                        .source = source};
static_assert(sound(sid) && sound(ace) && sound(object_ace) && sound(acl) && sound(security_descriptor));
} // namespace tables

Node sid_node(const Node &parent, std::string name, u64 at) {
  Node sid = child(parent, tables::sid, std::move(name), at);
  try {
    sid.label = std::get<std::string>(sid_text(sid));
  } catch (const Damage &) { sid.notes.push_back("the SID leaves the structure around it"); }
  return sid;
}

} // namespace lab::ntfs
