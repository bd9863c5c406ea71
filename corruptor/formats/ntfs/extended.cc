// SPDX-License-Identifier: GPL-2.0-or-later
//
// Extended attributes are pairs of a name and a value, made for OS/2 and used by WSL today. $EA holds them
// one after the other, $EA_INFORMATION their sizes.
//
// A file that EFS encrypts has a $LOGGED_UTILITY_STREAM named $EFS. In it the key of the file stands several
// times, once for each user who may decrypt it (DDF) and once for each recovery agent (DRF), encrypted for
// them. Nothing here decrypts: with a byte of a key lost, that user has lost the file.
//
// https://github.com/tuxera/ntfs-3g/blob/edge/include/ntfs-3g/layout.h
#include "formats/ntfs/extended.h"

#include "base/checked.h"
#include "device/mapped.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/stream.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 smallest_ea = 9; // a header and the zero after an empty name
constexpr u64 smallest_key = 0x14;

constexpr Name ea_flags[] = {{0x80, "need_ea"}};

constexpr Field ea_fields[] = {
    le32("next_offset", 0x00)
        .called("next_entry_offset")
        .doc("bytes from here to the next entry, or to the end after the last"),
    u8_("flags", 0x04)
        .called("flags")
        .with(flags_of(ea_flags))
        .doc("need_ea: the file is not to be used by who does not know it"),
    u8_("name_length", 0x05).called("name_length").doc("bytes in the name"),
    le16("value_length", 0x06).called("value_length").doc("bytes in the value"),
    text("name", 0x08, "name_length").called("name").doc("the name, in capitals"),
    reserved("name_end", Num("name_length", 1, 8), 1),
    raw("value", Num("name_length", 1, 9), "value_length").called("value").doc("what the name stands for"),
};

constexpr Field efs_fields[] = {
    le32("length", 0x00).called("length").doc("bytes in the stream"),
    le32("state", 0x04).called("state").doc("always 0, as far as is known"),
    le32("version", 0x08).called("version").doc("of EFS: 2 since Windows XP"),
    le32("crypto_api_version", 0x0c).called("crypto_api_version").doc("0"),
    raw("hash", 0x10, 0x10).called("unknown4").doc("of the file's key, or a GUID; not known"),
    raw("ddf_hash", 0x20, 0x10).called("unknown5").doc("of the users' keys; not known"),
    raw("drf_hash", 0x30, 0x10).called("unknown6").doc("of the recovery agents' keys; not known"),
    le32("ddf_offset", 0x40)
        .called("offset_to_ddf_array")
        .doc("where the users' keys are; 0: there are none"),
    le32("drf_offset", 0x44)
        .called("offset_to_drf_array")
        .doc("where the recovery agents' keys are; 0: there are none"),
    reserved("reserved", 0x48, 4),
};

constexpr Field key_fields[] = {
    le32("length", 0x00).called("df_length").doc("bytes from here to the next"),
    le32("credential_offset", 0x04)
        .called("cred_header_offset")
        .doc("where it says for whom this is, from here"),
    le32("key_length", 0x08).called("fek_size").doc("bytes in key"),
    le32("key_offset", 0x0c).called("fek_offset").doc("where key is, from here"),
    reserved("reserved", 0x10, 4),
    raw("key", "key_offset", "key_length").called("fek").doc("the file's key, encrypted with that user's"),
};

void entries_of(const Node &parent, const char *edge, const SpacePtr &content, const Visit &visit) {
  u64 at = 0, size = content->size();
  for (u64 n = 0; at < size; n++) {
    Node entry = child(parent, tables::ea, keyed(edge, n), content, at);
    if (size - at < smallest_ea) damaged(entry, 0, "an entry leaves the list of extended attributes");
    u64 next = number(entry, "next_offset");
    bool leads_on = next >= smallest_ea && next <= size - at;
    entry = child(parent, tables::ea, keyed(edge, n), slice_of(content, at, leads_on ? next : size - at), 0);
    try {
      entry.label = std::get<std::string>(value_of(entry, *field_named(tables::ea, "name")));
    } catch (const Damage &) { entry.notes.push_back("the name leaves its entry"); }
    if (!visit(entry) || next == 0) return;
    if (!leads_on)
      damaged(entry, 0,
              "next_offset is " + std::to_string(next) + ", expected 0 or " + std::to_string(smallest_ea) +
                  " to " + std::to_string(size - at));
    at += next;
  }
}

void each_entry(const Node &list, const Visit &visit) { entries_of(list, "entry", list.space, visit); }

/// The keys at the offset in `field`: their number, then one after the other.
void keys_at(const Node &efs, const char *field, const char *edge, const Visit &visit) {
  u64 offset = number(efs, field), size = efs.space->size();
  if (offset == 0) return;
  if (offset > size || size - offset < sizeof(u32))
    damaged(efs, 0,
            std::string(field) + " is " + hex_offset(offset) + ", past the end at " + hex_offset(size));
  Bytes bytes = bytes_at(*efs.space, offset, sizeof(u32));
  u64 count = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | static_cast<u64>(bytes[3]) << 24;
  u64 at = offset + sizeof(u32);
  for (u64 n = 0; n < count; n++) {
    if (size - at < smallest_key)
      damaged(efs, offset,
              std::to_string(count) + " keys are stated; key " + std::to_string(n) + " leaves the stream");
    Node key = child(efs, tables::efs_key, keyed(edge, n), at);
    if (!visit(key)) return;
    u64 length = number(key, "length");
    if (length < smallest_key || length > size - at)
      damaged(key, 0,
              "length is " + std::to_string(length) + ", expected " + std::to_string(smallest_key) + " to " +
                  std::to_string(size - at));
    at += length;
  }
}

void each_ddf(const Node &efs, const Visit &visit) { keys_at(efs, "ddf_offset", "ddf", visit); }
void each_drf(const Node &efs, const Visit &visit) { keys_at(efs, "drf_offset", "drf", visit); }

constexpr Edge list_edges[] = {
    {"entry", "[n] or [\"NAME\"]", &tables::ea, "the extended attributes", nullptr, each_entry, true},
};
constexpr Edge efs_edges[] = {
    {"ddf", "[n]", &tables::efs_key, "the file's key for each user who may decrypt it", nullptr, each_ddf,
     true},
    {"drf", "[n]", &tables::efs_key, "the file's key for each recovery agent", nullptr, each_drf, true},
};

constexpr const char *source = "https://github.com/tuxera/ntfs-3g/blob/edge/include/ntfs-3g/layout.h";

} // namespace

namespace tables {
constexpr Struct ea = {
    .name = "ntfs.ea", .meaning = "an extended attribute", .size = 0, .fields = ea_fields, .source = source};
constexpr Struct ea_list = {.name = "ntfs.ea_list",
                            .meaning = "a file's extended attributes",
                            .size = 0,
                            .edges = list_edges,
                            .source = source};
constexpr Struct efs = {.name = "ntfs.efs",
                        .meaning = "the keys of an encrypted file",
                        .size = 0,
                        .fields = efs_fields,
                        .edges = efs_edges,
                        .source = source};
constexpr Struct efs_key = {.name = "ntfs.efs_key",
                            .meaning = "an encrypted file's key, for one user",
                            .size = "length",
                            .fields = key_fields,
                            .source = source};
static_assert(sound(ea) && sound(ea_list) && sound(efs) && sound(efs_key));
} // namespace tables

void each_ea(const Node &record, const Visit &visit) {
  if (std::optional<Node> list = find_attribute(record, ea_type, ""))
    entries_of(record, "ea", content_of(*list), visit);
}

std::optional<Node> find_efs(const Node &record, const Key &) {
  std::optional<Node> stream = find_attribute(record, logged_utility_stream_type, "$EFS");
  if (!stream) return std::nullopt;
  Node efs = child(record, tables::efs, "efs", content_of(*stream), 0);
  efs.label = "encrypted by EFS";
  return efs;
}

} // namespace lab::ntfs
