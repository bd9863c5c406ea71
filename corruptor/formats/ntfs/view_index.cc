// SPDX-License-Identifier: GPL-2.0-or-later
//
// A view index sorts rows by a key of its own instead of by a file's name. Its name and the rule by which it
// compares keys tell which it is: $O is an index of object ids in $ObjId, of owners in $Quota.
//
//   $SII, $SDH  $Secure          from a security id, or a descriptor's hash, to the descriptor in $SDS
//   $O          $ObjId           from an object id to the file that has it
//   $O, $Q      $Quota           from a SID to an owner's number, and from that to what it uses
//   $R          $Reparse         all files that are reparse points, by tag
//
// https://flatcap.github.io/linux-ntfs/ntfs/concepts/index_record.html
#include "formats/ntfs/view_index.h"

#include "base/checked.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/entry_rows.h"
#include "formats/ntfs/index_node.h"
#include "formats/ntfs/names.h"
#include "formats/ntfs/security.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 smallest_sid = 8;

/// The key of an entry that has one, as `type`. Damage if it is too short for that.
std::optional<Node> key_as(const Node &entry, const Struct &type) {
  if (number(entry, "last")) return std::nullopt;
  u64 length = number(entry, "key_length"), needed = static_cast<u64>(type.size.add);
  if (length < needed)
    damaged(entry, 0x0a, "key_length is " + std::to_string(length) + ", expected " + std::to_string(needed));
  return child(entry, type, "key", checked_add(entry.at, index_key_at, "the key's offset"));
}

/// Where the data of `needed` bytes and more is, from the entry's start.
u64 data_of(const Node &entry, u64 needed) {
  u64 offset = number(entry, "data_offset"), length = number(entry, "data_length"), size = size_of(entry);
  if (length < needed || offset > size || size - offset < length)
    damaged(entry, 0,
            "data_offset and data_length are " + std::to_string(offset) + " and " + std::to_string(length) +
                ", expected " + std::to_string(needed) + " bytes within the entry's " + std::to_string(size));
  return checked_add(entry.at, offset, "the data's offset");
}

std::optional<Node> data_as(const Node &entry, const Struct &type) {
  if (number(entry, "last")) return std::nullopt;
  return child(entry, type, "data", data_of(entry, static_cast<u64>(type.size.add)));
}

template <const Struct &type> std::optional<Node> key_of(const Node &entry, const Key &) {
  return key_as(entry, type);
}
template <const Struct &type> std::optional<Node> data_of(const Node &entry, const Key &) {
  return data_as(entry, type);
}

std::optional<Node> owner_of(const Node &entry, const Key &) {
  if (number(entry, "last")) return std::nullopt;
  if (number(entry, "key_length") < smallest_sid) damaged(entry, 0x0a, "key_length leaves no room for a SID");
  return sid_node(entry, "key", checked_add(entry.at, index_key_at, "the key's offset"));
}

/// The entry for the defaults (owner 1) has no SID.
std::optional<Node> sid_of_quota(const Node &quota, const Key &) {
  const Node &entry = *quota.parent;
  u64 fixed = static_cast<u64>(tables::quota.size.add);
  if (number(entry, "data_length") < fixed + smallest_sid) return std::nullopt;
  return sid_node(quota, "sid", quota.at + fixed);
}

constexpr Field entry_fields[] = {
    entry_rows::data_offset,
    entry_rows::data_length,
    entry_rows::reserved_1,
    entry_rows::length,
    entry_rows::key_length,
    entry_rows::flags,
    entry_rows::has_child,
    entry_rows::last,
    entry_rows::padding,
    entry_rows::child_vcn,
    raw("key", index_key_at, "key_length").called("key").doc("what is looked up"),
    raw("data", "data_offset", "data_length").called("data").doc("what is found"),
};
constexpr std::span<const Field> header_fields = std::span(entry_fields).first(std::size(entry_fields) - 2);

constexpr Field security_id =
    le32("security_id", 0x00).called("security_id").doc("the number that files carry");
constexpr Field security_key_fields[] = {security_id};
constexpr Field hash_key_fields[] = {
    le32("hash", 0x00).called("hash").in_hex().doc("of the descriptor"),
    le32("security_id", 0x04).called("security_id").doc("the number that files carry"),
};
constexpr Field object_key_fields[] = {
    guid("object_id", 0x00).called("object_id").doc("the identity that is looked up")};
constexpr Field object_data_fields[] = {
    bits("record", 0, 48).to("record").called("mft_reference").doc("the record of the file that has it"),
    le16("sequence", 0x06).called("mft_reference").doc("the sequence number of that record"),
    guid("birth_volume_id", 0x08).called("birth_volume_id").doc("the volume where the file was made"),
    guid("birth_object_id", 0x18).called("birth_object_id").doc("its identity there"),
    guid("domain_id", 0x28).called("domain_id").doc("always 0"),
};
constexpr Name reserved_owners[] = {{0, "invalid"}, {1, "defaults"}};
constexpr Field owner_fields[] = {
    le32("owner_id", 0x00)
        .called("owner_id")
        .with(one_of(reserved_owners))
        .doc("the number that files carry; users from 0x100 on"),
};
constexpr Name quota_flags[] = {
    {0x001, "default_limits"},   {0x002, "limit_reached"},       {0x004, "id_deleted"},
    {0x010, "tracking_enabled"}, {0x020, "enforcement_enabled"}, {0x040, "tracking_requested"},
    {0x080, "log_threshold"},    {0x100, "log_limit"},           {0x200, "out_of_date"},
    {0x400, "corrupt"},          {0x800, "pending_deletes"},
};
constexpr Field quota_fields[] = {
    le32("version", 0x00).called("version").doc("2"),
    le32("flags", 0x04)
        .called("flags")
        .with(flags_of(quota_flags))
        .doc("whether limits are set, reached, and watched"),
    le64("bytes_used", 0x08).called("bytes_used").doc("bytes that the owner's files take up"),
    filetime("changed", 0x10).called("change_time").doc("when this entry last changed"),
    sle("threshold", 0x18, 8).called("threshold").doc("bytes that bring a warning; -1: none"),
    sle("limit", 0x20, 8).called("limit").doc("bytes that cannot be exceeded; -1: none"),
    le64("exceeded_time", 0x28)
        .called("exceeded_time")
        .doc("since when threshold is exceeded, as a time; 0: it is not"),
};
constexpr Field reparse_key_fields[] = {
    le32("tag", 0x00).called("reparse_tag").with(one_of(reparse_tags)).in_hex().doc("of the reparse point"),
    bits("record", 0x04 * 8, 48).to("record").called("file_id").doc("the record of the file"),
    le16("sequence", 0x0a).called("file_id").doc("the sequence number of that record"),
};

constexpr const char *key_meaning = "what is looked up";
constexpr const char *data_meaning = "what is found";
using namespace tables;
constexpr Edge sii_edges[] = {
    {"key", "", &security_key, key_meaning, key_of<security_key>, nullptr, true},
    {"data", "", &security_header, data_meaning, data_of<security_header>, nullptr, true},
};
constexpr Edge sdh_edges[] = {
    {"key", "", &hash_key, key_meaning, key_of<hash_key>, nullptr, true},
    {"data", "", &security_header, data_meaning, data_of<security_header>, nullptr, true},
};
constexpr Edge object_edges[] = {
    {"key", "", &object_key, key_meaning, key_of<object_key>, nullptr, true},
    {"data", "", &object_data, data_meaning, data_of<object_data>, nullptr, true},
};
constexpr Edge owner_edges[] = {
    {"key", "", &sid, key_meaning, owner_of, nullptr, true},
    {"data", "", &owner, data_meaning, data_of<owner>, nullptr, true},
};
constexpr Edge quota_entry_edges[] = {
    {"key", "", &owner, key_meaning, key_of<owner>, nullptr, true},
    {"data", "", &quota, data_meaning, data_of<quota>, nullptr, true},
};
constexpr Edge quota_edges[] = {
    {"sid", "", &sid, "the owner; the entry of the defaults has none", sid_of_quota, nullptr, true},
};
constexpr Edge reparse_edges[] = {
    {"key", "", &reparse_key, key_meaning, key_of<reparse_key>, nullptr, true},
};

constexpr const char *source = "https://github.com/tuxera/ntfs-3g/blob/edge/include/ntfs-3g/layout.h";

} // namespace

namespace tables {
constexpr Struct security_key = {.name = "ntfs.security_key",
                                 .meaning = "a security id",
                                 .size = 4,
                                 .fields = security_key_fields,
                                 .source = source};
constexpr Struct hash_key = {.name = "ntfs.hash_key",
                             .meaning = "a descriptor's hash, and its security id",
                             .size = 8,
                             .fields = hash_key_fields,
                             .source = source};
constexpr Struct object_key = {.name = "ntfs.object_key",
                               .meaning = "an object id",
                               .size = 0x10,
                               .fields = object_key_fields,
                               .source = source};
constexpr Struct object_data = {.name = "ntfs.object_data",
                                .meaning = "the file that has an object id",
                                .size = 0x38,
                                .fields = object_data_fields,
                                .source = source};
constexpr Struct owner = {.name = "ntfs.owner",
                          .meaning = "an owner's number",
                          .size = 4,
                          .fields = owner_fields,
                          .source = source};
constexpr Struct quota = {.name = "ntfs.quota",
                          .meaning = "what an owner uses and may use",
                          .size = 0x30,
                          .fields = quota_fields,
                          .edges = quota_edges,
                          .source = source};
constexpr Struct reparse_key = {.name = "ntfs.reparse_key",
                                .meaning = "a file that is a reparse point",
                                .size = 0x0c,
                                .fields = reparse_key_fields,
                                .source = source};

constexpr Struct view_entry = {.name = "ntfs.view_entry",
                               .meaning = "a row of an index that no table here knows",
                               .size = "length",
                               .fields = entry_fields,
                               .source = source};
constexpr Struct sii_entry = {.name = "ntfs.sii_entry",
                              .meaning = "where the descriptor with a security id is",
                              .size = "length",
                              .fields = header_fields,
                              .edges = sii_edges,
                              .source = source};
constexpr Struct sdh_entry = {.name = "ntfs.sdh_entry",
                              .meaning = "where the descriptor with a hash is",
                              .size = "length",
                              .fields = header_fields,
                              .edges = sdh_edges,
                              .source = source};
constexpr Struct object_id_entry = {.name = "ntfs.object_id_entry",
                                    .meaning = "which file has an object id",
                                    .size = "length",
                                    .fields = header_fields,
                                    .edges = object_edges,
                                    .source = source};
constexpr Struct owner_entry = {.name = "ntfs.owner_entry",
                                .meaning = "which number a user has as an owner",
                                .size = "length",
                                .fields = header_fields,
                                .edges = owner_edges,
                                .source = source};
constexpr Struct quota_entry = {.name = "ntfs.quota_entry",
                                .meaning = "what one owner uses and may use",
                                .size = "length",
                                .fields = header_fields,
                                .edges = quota_entry_edges,
                                .source = source};
constexpr Struct reparse_entry = {.name = "ntfs.reparse_entry",
                                  .meaning = "one file that is a reparse point",
                                  .size = "length",
                                  .fields = header_fields,
                                  .edges = reparse_edges,
                                  .source = source};
static_assert(sound(security_key) && sound(hash_key) && sound(object_key) && sound(object_data) &&
              sound(owner));
static_assert(sound(quota) && sound(reparse_key) && sound(sii_entry) && sound(sdh_entry) &&
              sound(object_id_entry));
static_assert(sound(view_entry) && sound(owner_entry) && sound(quota_entry) && sound(reparse_entry));
} // namespace tables

namespace {

/// Which index it is, by name and rule. The first two rows are for what no other fits.
struct IndexKind {
  const char *name;
  u64 collation;
  const Struct *entry;
};
constexpr IndexKind kinds[] = {
    {"", 0, &tables::view_entry},           {"$I30", 0x01, &tables::index_entry},
    {"$SII", 0x10, &tables::sii_entry},     {"$SDH", 0x12, &tables::sdh_entry},
    {"$O", 0x13, &tables::object_id_entry}, {"$O", 0x11, &tables::owner_entry},
    {"$Q", 0x10, &tables::quota_entry},     {"$R", 0x13, &tables::reparse_entry},
};

} // namespace

const Struct &entry_type(const Node &root, std::string_view name) {
  if (number(root, "indexed_type") == file_name_type) return tables::index_entry;
  for (const IndexKind &kind : kinds)
    if (kind.name == name && kind.collation == number(root, "collation") &&
        kind.entry != &tables::index_entry)
      return *kind.entry;
  return tables::view_entry;
}

i64 number_of_entry_type(const Struct &type) {
  i64 number = 0;
  while (kinds[number].entry != &type) number++;
  return number;
}

const Struct &entry_type_of(const Node &root_or_block) { return *kinds[root_or_block.given].entry; }

} // namespace lab::ntfs
