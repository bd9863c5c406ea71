// SPDX-License-Identifier: GPL-2.0-or-later
//
// $Secure keeps each security descriptor once, however many files have it. They stand in the stream $SDS,
// each with a header; two indexes lead to them, $SII by the number that files carry and $SDH by a hash of the
// descriptor, with which a driver finds out whether it has one already.
//
// $SDS goes in steps of 512 KiB: 256 KiB of entries, then a copy of them. No entry crosses the end of such a
// block. Entries start at multiples of 16, and each says where it is.
//
// https://flatcap.github.io/linux-ntfs/ntfs/files/secure.html
#include "formats/ntfs/secure.h"

#include "base/checked.h"
#include "base/sums.h"
#include "device/mapped.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/geometry.h"
#include "formats/ntfs/index.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/stream.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 secure_record = 9;
constexpr u64 block_bytes = 256 * 1024;
constexpr u64 header_bytes = 0x14;
constexpr u64 alignment = 16;

constexpr Field header_fields[] = {
    le32("hash", 0x00).called("hash").in_hex().doc("of the descriptor"),
    le32("security_id", 0x04).called("security_id").doc("the number that files carry; from 256 on"),
    le64("offset", 0x08).called("offset").doc("where this entry is in $SDS; the same in its copy"),
    le32("length", 0x10).called("length").doc("bytes in the entry, this header included"),
};

Extent descriptor_of(const Node &entry) {
  u64 size = size_of(entry);
  if (size < header_bytes)
    damaged(entry, 0x10, "length is " + std::to_string(size) + ", less than the header has");
  return {checked_add(entry.at, header_bytes, "the descriptor"), size - header_bytes};
}

u64 hash_of(const Node &entry) {
  Extent descriptor = descriptor_of(entry);
  return security_hash(bytes_at(*entry.space, descriptor.at, descriptor.length));
}

std::vector<Extent> hashed(const Node &entry) { return {descriptor_of(entry)}; }

constexpr Seal entry_seals[] = {
    {"hash", hash_of, hashed, "rotate left by 3 and add, over the descriptor's 32-bit words"}};

std::optional<Node> descriptor_in(const Node &entry, const Key &) {
  Extent place = descriptor_of(entry);
  return child(entry, tables::security_descriptor, "descriptor",
               slice_of(entry.space, place.at, place.length), 0);
}

u64 le(const Bytes &bytes, u64 at, u64 size) {
  u64 value = 0;
  for (u64 i = 0; i < size; i++) value |= static_cast<u64>(bytes[at + i]) << (8 * i);
  return value;
}

/// A visit of one block. What lies behind its entries may be anything: Windows does not clear it. So an entry
/// is what states its own place, or, where one is expected, has the right hash.
struct Block {
  const Node &secure;
  const char *edge;
  u64 start;        ///< of the block in $SDS
  u64 offset_start; ///< what its first entry states as its offset: for a copy that of the original
  Bytes bytes;

  u64 length_at(u64 at) const { return le(bytes, at + 0x10, 4); }
  bool has_length(u64 at) const {
    return length_at(at) >= header_bytes && length_at(at) <= bytes.size() - at;
  }
  bool states_its_place(u64 at) const {
    return length_at(at) > 0 && le(bytes, at + 8, 8) == offset_start + at;
  }
  bool has_right_hash(u64 at) const {
    return has_length(at) && length_at(at) > header_bytes &&
           le(bytes, at, 4) ==
               security_hash(std::span(bytes).subspan(at + header_bytes, length_at(at) - header_bytes));
  }

  Damage wrong_length(const Node &entry, u64 at) const {
    u64 place = disk_offset(entry, 0x10);
    return {path_of(entry) + " at " + hex_offset(place) + ": length is " + std::to_string(length_at(at)) +
                ", expected " + std::to_string(header_bytes) + " to " + std::to_string(bytes.size() - at),
            place};
  }

  /// Counts on from `n`; false if the visitor has enough. Keeps the first thing that is wrong.
  bool visit(u64 &n, std::optional<Damage> &damage, const Visit &visit) const {
    for (u64 at = 0, expected = 0; at + header_bytes < bytes.size();) {
      if (!states_its_place(at) && !(at == expected && has_right_hash(at))) {
        at += alignment;
        continue;
      }
      Node entry = child(secure, tables::sds_entry, keyed(edge, n++), start + at);
      entry.label = std::to_string(number(entry, "security_id"));
      if (!visit(entry)) return false;
      if (!has_length(at) && !damage) damage = wrong_length(entry, at);
      u64 length = has_length(at) ? length_at(at) : alignment;
      expected = at += (length + alignment - 1) / alignment * alignment;
    }
    return true;
  }
};

/// All entries, or all copies.
void each_entry_of(const Node &secure, const char *edge, u64 first_block, const Visit &visit) {
  std::optional<Damage> damage;
  u64 size =
      std::min(secure.space->size(), geometry_of(secure).volume->size()); // what is stated may be anything
  u64 n = 0;
  for (u64 at = first_block; at < size; at += 2 * block_bytes) {
    u64 length = std::min(block_bytes, size - at);
    Block block{secure, edge, at, at - first_block, bytes_at(*secure.space, at, length)};
    if (!block.visit(n, damage, visit)) return;
  }
  if (damage) throw *damage;
}

void each_sds(const Node &secure, const Visit &visit) { each_entry_of(secure, "sds", 0, visit); }
void each_copy(const Node &secure, const Visit &visit) {
  each_entry_of(secure, "sds_copy", block_bytes, visit);
}

void each_index_row(const Node &secure, const char *index, const char *edge, const Visit &visit) {
  each_tree(record_at(secure, secure_record), [&](Node tree) {
    if (tree.label != index) return true;
    u64 n = 0;
    each_index_entry(tree,
                     [&](Node entry) { return visit(renamed(std::move(entry), secure, keyed(edge, n++))); });
    return false;
  });
}

void each_sii(const Node &secure, const Visit &visit) { each_index_row(secure, "$SII", "sii", visit); }
void each_sdh(const Node &secure, const Visit &visit) { each_index_row(secure, "$SDH", "sdh", visit); }

constexpr Edge entry_edges[] = {
    {"descriptor", "", &tables::security_descriptor, "who owns the files and who may do what with them",
     descriptor_in, nullptr, true},
};
constexpr Edge secure_edges[] = {
    {"sds", "[n] or [\"security id\"]", &tables::sds_entry, "the descriptors, in $SDS", nullptr, each_sds},
    {"sds_copy", "[n] or [\"security id\"]", &tables::sds_entry, "their copies, 256 KiB further on", nullptr,
     each_copy},
    {"sii", "[n]", &tables::sii_entry, "the index by security id, $SII", nullptr, each_sii},
    {"sdh", "[n]", &tables::sdh_entry, "the index by hash, $SDH", nullptr, each_sdh},
};
constexpr Mirror mirrors[] = {
    {"sds", "sds_copy", "the descriptors and their copies, written each time one is added"},
};

constexpr const char *source = "https://flatcap.github.io/linux-ntfs/ntfs/files/secure.html";

} // namespace

namespace tables {
constexpr Struct security_header = {.name = "ntfs.security_header",
                                    .meaning = "which descriptor, and where in $SDS it is",
                                    .size = header_bytes,
                                    .fields = header_fields,
                                    .source = source};
constexpr Struct sds_entry = {.name = "ntfs.sds_entry",
                              .meaning = "a security descriptor that files share",
                              .size = "length",
                              .fields = header_fields,
                              .edges = entry_edges,
                              .seals = entry_seals,
                              .source = source};
constexpr Struct secure = {.name = "ntfs.secure",
                           .meaning = "the security descriptors of all files",
                           .size = 0,
                           .edges = secure_edges,
                           .mirrors = mirrors,
                           .source = source};
static_assert(sound(security_header) && sound(sds_entry) && sound(secure));
} // namespace tables

std::optional<Node> find_secure(const Node &volume, const Key &) {
  Node record = record_at(volume, secure_record);
  std::optional<Node> stream = find_attribute(record, data_type, "$SDS");
  if (!stream) damaged(record, 0, "has no stream $SDS");
  return child(volume, tables::secure, "secure", content_of(*stream), 0);
}

std::optional<Node> descriptor_of_record(const Node &record, const Key &) {
  std::optional<Node> information = edge_named(tables::record, "standard_information")->find(record, Key{});
  if (!information || information->type != &tables::standard_information) return std::nullopt;
  std::string id = std::to_string(number(*information, "security_id"));
  std::optional<Node> found;
  each_sds(*find_secure(volume_above(record), Key{}), [&](Node entry) {
    if (entry.label == id) found = std::move(entry);
    return !found;
  });
  return found;
}

} // namespace lab::ntfs
