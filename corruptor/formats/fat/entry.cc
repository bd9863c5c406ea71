// SPDX-License-Identifier: GPL-2.0-or-later
//
// A directory is a list of slots of 32 bytes. A file has one: its short name, attributes, times, first
// cluster and size. A long name stands in slots of its own before it, thirteen UTF-16 units in each,
// the last part first; they carry the attributes of a volume label, read-only, hidden and system at
// once, which old systems skip, and a checksum of the short name, by which an orphan is known.
//
// The first cluster's high half was added for FAT32; on FAT12 and FAT16 the word belongs to OS/2.
//
// Specification: fatgen103, "FAT 32 Byte Directory Entry Structure" and "Long Directory Entries".
#include <fmt/format.h>

#include "base/sums.h"
#include "formats/fat/fat.h"
#include "schema/value.h"

namespace lab {

namespace {

constexpr char fatgen[] = "fatgen103, Microsoft 2000";

constexpr Name attribute_names[] = {{0x01, "read_only"}, {0x02, "hidden"},    {0x04, "system"},
                                    {0x08, "label"},     {0x10, "directory"}, {0x20, "archive"}};
constexpr Name lfn_names[] = {{0x0f, "long_name"}};
constexpr Name mark_names[] = {{0x00, "end"}, {0x05, "stands_for_e5"}, {0x2e, "dot"}, {0xe5, "deleted"}};
constexpr Name ordinal_names[] = {{0xe5, "deleted"}};
constexpr Name case_names[] = {{0x08, "name_lower"}, {0x10, "extension_lower"}};

// clang-format off
constexpr Field name_row        = text("name", 0x00, 8).called("DIR_Name").doc("short name, filled with spaces; 0xe5 first: deleted; 0 first: the directory ends here");
constexpr Field mark_row        = u8_ ("mark", 0x00).in_hex().called("DIR_Name[0]").with(one_of(mark_names)).doc("the name's first byte, which may say what the slot is instead").aliased();
constexpr Field extension_row   = text("extension", 0x08, 3).called("DIR_Name").doc("short name's extension, filled with spaces");
constexpr Field attributes_row  = u8_ ("attributes", 0x0b).called("DIR_Attr").with(flags_of(attribute_names)).doc("what it is; 0x0f: part of a long name");
constexpr Field case_row        = u8_ ("case", 0x0c).called("DIR_NTRes").with(flags_of(case_names)).doc("Windows: which halves of the short name are meant in lower case");
constexpr Field tenth_row       = u8_ ("create_centiseconds", 0x0d).called("DIR_CrtTimeTenth").doc("0 to 199, added to the creation time");
constexpr Field created_t_row   = le16("create_time", 0x0e).called("DIR_CrtTime").as(ValueKind::dos_time).doc("created");
constexpr Field created_d_row   = le16("create_date", 0x10).called("DIR_CrtDate").as(ValueKind::dos_date).doc("created");
constexpr Field accessed_row    = le16("access_date", 0x12).called("DIR_LstAccDate").as(ValueKind::dos_date).doc("last read or written");
constexpr Field written_t_row   = le16("write_time", 0x16).called("DIR_WrtTime").as(ValueKind::dos_time).doc("last written");
constexpr Field written_d_row   = le16("write_date", 0x18).called("DIR_WrtDate").as(ValueKind::dos_date).doc("last written");
constexpr Field size_row        = le32("size", 0x1c).called("DIR_FileSize").doc("bytes in the file; 0 for a directory");
// clang-format on

u64 attributes_of(const Node &entry) { return number(entry, "attributes"); }
bool is_directory(const Node &entry) { return attributes_of(entry) & 0x10; }

/// The longest name takes 20 slots: 255 units, 13 in each.
constexpr u64 most_parts = 20;

bool is_part_of_name(const Space &directory, u64 at) {
  return (bytes_at(directory, at + 0x0b, 1)[0] & 0x3f) == 0x0f;
}

Listed listed(const Node &entry) {
  u64 parts = std::min(most_parts, entry.at / 32);
  return read_entry(bytes_at(*entry.space, entry.at - parts * 32, (parts + 1) * 32), fat_facts(entry).width);
}

// clang-format off
constexpr Field long_name_view = view("long_name", [](const Node &entry) -> Value { return listed(entry).long_name; },
                                      nullptr, ValueKind::utf16)
    .doc("the long name in the slots before, empty if there is none");

constexpr Field entry_fields[] = {
    name_row, mark_row, extension_row, attributes_row, case_row, tenth_row, created_t_row, created_d_row, accessed_row,
    le16("extended_attributes", 0x14).called("DIR_FstClusHI").doc("OS/2: handle of extended attributes; else 0"),
    written_t_row, written_d_row,
    le16("first_cluster", 0x1a).called("DIR_FstClusLO").to("cluster").doc("where the file begins; 0: it is empty"),
    size_row, long_name_view,
};

constexpr Field fat32_entry_fields[] = {
    name_row, mark_row, extension_row, attributes_row, case_row, tenth_row, created_t_row, created_d_row, accessed_row,
    le16("first_cluster_high", 0x14).called("DIR_FstClusHI").doc("high half of the first cluster").aliased(),
    written_t_row, written_d_row,
    le16("first_cluster_low", 0x1a).called("DIR_FstClusLO").doc("low half of the first cluster").aliased(),
    join("first_cluster", ValueKind::uint, part(0x1a, 2), part(0x14, 2)).called("DIR_FstClusLO, DIR_FstClusHI")
        .to("cluster").doc("where the file begins; 0: it is empty"),
    size_row, long_name_view,
};

constexpr Field lfn_fields[] = {
    u8_ ("ordinal", 0x00).in_hex().called("LDIR_Ord").with(one_of(ordinal_names)).doc("which part of the name, from 1, and a bit for the last; 0xe5: deleted"),
    bits("part", 0, 6).called("LDIR_Ord").aliased().doc("which part of the name, from 1"),
    flag("last", 0, 6).called("LAST_LONG_ENTRY").doc("the name's last part, which comes first"),
    join("name", ValueKind::utf16, part(0x01, 10), part(0x0e, 12), part(0x1c, 4)).called("LDIR_Name1, LDIR_Name2, LDIR_Name3")
        .doc("thirteen units of the name; ended by 0, filled with 0xffff"),
    u8_ ("attributes", 0x0b).called("LDIR_Attr").with(one_of(lfn_names)).doc("0x0f: read-only, hidden, system and label at once"),
    u8_ ("type", 0x0c).called("LDIR_Type").doc("0: a part of a long name"),
    u8_ ("checksum", 0x0d).in_hex().called("LDIR_Chksum").doc("of the short name that this belongs to"),
    le16("first_cluster", 0x1a).called("LDIR_FstClusLO").doc("0"),
};
// clang-format on

// What an entry leads to.

std::optional<Node> find_part(const Node &entry, const Key &key) {
  if (key.is != Key::number || key.index < 1 || key.index > std::min(most_parts, entry.at / 32))
    return std::nullopt;
  for (u64 n = 1; n <= key.index; n++)
    if (!is_part_of_name(*entry.space, entry.at - 32 * n)) return std::nullopt;
  return child(entry, fat_lfn_struct, keyed("lfn", key.index), entry.at - 32 * key.index);
}

bool is_deleted(const Node &slot) { return bytes_at(*slot.space, slot.at, 1)[0] == 0xe5; }

/// The parts that are this entry's own: up to the last one, and deleted if the entry is. What stands
/// before may be the rest of another name.
void each_part(const Node &entry, const Visit &visit) {
  bool deleted = is_deleted(entry), last = false;
  for (u64 n = 1; !last; n++) {
    std::optional<Node> part = find_part(entry, {Key::number, n, ""});
    if (!part || is_deleted(*part) != deleted || !visit(*part)) return;
    last = !deleted && number(*part, "last");
  }
}

// The checksum of the short name, which each part of the long one carries.

u64 sum_of_name(const Node &entry) { return short_name_sum(bytes_at(*entry.space, entry.at, 11)); }

/// A deleted name has lost its first byte, and its parts keep the sum that it had: undeleting tools
/// find the byte by it.
std::vector<Extent> name_in(const Node &entry) {
  u64 mark = number(entry, "mark");
  if (mark == 0xe5 || mark == 0x00) return {};
  return {{entry.at, 11}};
}

constexpr Seal entry_seals[] = {
    {"checksum", sum_of_name, name_in, "of the short name, in each part of the long one", "lfn"}};

void each_link_in(const Node &entry, const char *edge, u64 fat, const Visit &visit) {
  u64 first = number(entry, "first_cluster"), n = 0;
  if (first == 0) return;
  each_cluster(entry, first,
               [&](u64 cluster) { return visit(link_node(entry, keyed(edge, n++), cluster, fat)); });
}

void each_link(const Node &entry, const Visit &visit) {
  each_link_in(entry, "chain", geometry(entry).active_fat, visit);
}

/// The entries of the same clusters in the next table, whatever chain they make there.
void each_link_copy(const Node &entry, const Visit &visit) {
  const Geometry &g = geometry(entry);
  if (g.fat_count > 1) each_link_in(entry, "chain_copy", (g.active_fat + 1) % g.fat_count, visit);
}

std::optional<Node> find_content(const Node &entry, const Key &) {
  u64 first = number(entry, "first_cluster");
  u64 size = is_directory(entry) ? UINT64_MAX : number(entry, "size");
  if (first == 0 || size == 0 || attributes_of(entry) & 0x08) return std::nullopt;
  ChainSpace chain = chain_space(entry, first, size);
  Node content = child(entry, fat_content_struct, "content", chain.space, 0);
  if (chain.damage)
    content.notes.push_back(chain.damage->what());
  else if (!is_directory(entry) && chain.space->size() < size)
    content.notes.push_back(
        fmt::format("the chain holds {} bytes, the entry says {}", chain.space->size(), size));
  return content;
}

void visit_content(const Node &entry, const Visit &visit) {
  if (std::optional<Node> content = find_content(entry, {})) visit(*content);
}

/// What a directory's entry leads to; fatgen103: ".." has 0 for a first cluster if it means the root.
ChainSpace listing(const Node &entry) {
  u64 first = number(entry, "first_cluster");
  bool is_up = first == 0 && std::get<std::string>(value_of(entry, name_row)).starts_with("..");
  return is_up ? root_directory(entry) : subdirectory(entry, first);
}

std::optional<Node> find_entry(const Node &entry, const Key &key) {
  if (!is_directory(entry)) return std::nullopt;
  return find_slot(entry, listing(entry), key);
}

void each_entry(const Node &entry, const Visit &visit) {
  if (is_directory(entry)) each_slot(entry, listing(entry), visit);
}

constexpr char entry_doc[] = "a file's or directory's entry";
constexpr char chain_doc[] = "the table's entry for each cluster of the file, n from 0";
constexpr char copy_doc[] = "the entries of the same clusters in the other table, n from 0";
constexpr char slots_doc[] = "a directory's slots, n from 0";
constexpr Mirror entry_mirrors[] = {{"chain", "chain_copy", "both tables hold the same"}};

// clang-format off
constexpr Edge part_edge    = {"lfn", "[n]", &fat_lfn_struct, "the parts of the long name; part 1 is next to the short entry", find_part, each_part};
constexpr Edge content_edge = {"content", "", &fat_content_struct, "the file's bytes", find_content, visit_content};

constexpr Edge fat12_edges[] = {
    part_edge,
    {"chain",      "[n]", &fat12_link_struct, chain_doc, nullptr, each_link},
    {"chain_copy", "[n]", &fat12_link_struct, copy_doc, nullptr, each_link_copy},
    content_edge,
    {"entry",      "[n]", &fat12_entry_struct, slots_doc, find_entry, each_entry},
};
constexpr Edge fat16_edges[] = {
    part_edge,
    {"chain",      "[n]", &fat16_link_struct, chain_doc, nullptr, each_link},
    {"chain_copy", "[n]", &fat16_link_struct, copy_doc, nullptr, each_link_copy},
    content_edge,
    {"entry",      "[n]", &fat16_entry_struct, slots_doc, find_entry, each_entry},
};
constexpr Edge fat32_edges[] = {
    part_edge,
    {"chain",      "[n]", &fat32_link_struct, chain_doc, nullptr, each_link},
    {"chain_copy", "[n]", &fat32_link_struct, copy_doc, nullptr, each_link_copy},
    content_edge,
    {"entry",      "[n]", &fat32_entry_struct, slots_doc, find_entry, each_entry},
};

} // namespace

constexpr Struct fat12_entry_struct = {"fat12.entry", entry_doc, 32, entry_fields, fat12_edges, entry_seals, entry_mirrors, {}, fatgen};
constexpr Struct fat16_entry_struct = {"fat16.entry", entry_doc, 32, entry_fields, fat16_edges, entry_seals, entry_mirrors, {}, fatgen};
constexpr Struct fat32_entry_struct = {"fat32.entry", entry_doc, 32, fat32_entry_fields, fat32_edges, entry_seals, entry_mirrors, {}, fatgen};
constexpr Struct fat_lfn_struct     = {"fat.lfn", "a part of a long name", 32, lfn_fields, {}, {}, {}, {}, fatgen};
constexpr Struct fat_content_struct = {"fat.content", "the bytes of a file, cluster by cluster", 0, {}, {}, {}, {}, {}, fatgen};
// clang-format on
static_assert(sound(fat12_entry_struct));
static_assert(sound(fat16_entry_struct));
static_assert(sound(fat32_entry_struct));
static_assert(sound(fat_lfn_struct));

const Struct &entry_struct(int width) {
  return width == 12 ? fat12_entry_struct : width == 16 ? fat16_entry_struct : fat32_entry_struct;
}

} // namespace lab
