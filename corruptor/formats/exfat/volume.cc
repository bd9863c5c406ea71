// SPDX-License-Identifier: GPL-2.0-or-later
//
// An exFAT volume from front to back: two boot regions of twelve sectors, the FAT, and the clusters,
// numbered from 2, in which everything else lies, bitmap and up-case table included. When the boot
// sector cannot be believed, its backup is; when neither can, their fields are still there to be set,
// and everything else is Damage.
#include "formats/exfat/exfat.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/checked.h"
#include "formats/exfat/boot.h"
#include "formats/bitmap.h"
#include "formats/exfat/directory.h"
#include "formats/exfat/tables.h"
#include "schema/value.h"

namespace lab::exfat {

namespace {

/// A sector that is not there cannot be believed, like one of zeroes.
Bytes sector_at(const Space &volume, u64 at) {
  try {
    return bytes_at(volume, at, 512);
  } catch (const Damage &) { return Bytes(512); }
}

/// The backup, wherever the size of a sector puts it; it must be of that size itself.
Reading read_backup(const Space &volume) {
  for (u64 sector_bytes : {512, 1024, 2048, 4096}) {
    Reading reading = read_boot_sector(sector_at(volume, region_sectors * sector_bytes));
    if (reading.geometry && reading.geometry->sector_bytes == sector_bytes) return reading;
  }
  return {std::nullopt, "no backup in sector 12"};
}

Sign recognise(const SpacePtr &volume, u64) {
  Bytes boot = sector_at(*volume, 0);
  if (read_boot_sector(boot).geometry) return Sign::boot;
  return has_name(boot) || read_backup(*volume).geometry ? Sign::backup : Sign::none;
}

Node open(const Node &parent, SpacePtr space, u64 sector_size) {
  Node volume = child(parent, tables::volume, "exfat", space, 0);
  Reading reading = read_boot_sector(sector_at(*space, 0));
  if (!reading.geometry) {
    volume.notes.push_back("boot sector: " + reading.fault);
    if (Reading backup = read_backup(*space); backup.geometry) {
      volume.notes.push_back("all places are taken from the backup boot sector");
      reading = backup;
    }
  }
  auto facts = std::make_shared<VolumeFacts>();
  facts->volume = std::move(space);
  facts->sector_bytes = reading.geometry ? reading.geometry->sector_bytes : sector_size;
  facts->geometry = reading.geometry;
  facts->fault = reading.fault;
  volume.facts = std::move(facts);
  return volume;
}

// --- children

std::optional<Node> find_boot(const Node &volume, const Key &) { return region_node(volume, "boot", 0); }

std::optional<Node> find_boot_backup(const Node &volume, const Key &) {
  return region_node(volume, "boot_backup", region_sectors * volume_facts(volume).sector_bytes);
}

template <u64 fat> std::optional<Node> find_fat_entry(const Node &volume, const Key &key) {
  const Geometry &g = geometry_of(volume);
  if (key.is != Key::number || fat >= g.fat_count || key.index >= g.past_last_cluster()) return std::nullopt;
  return link_node(volume, keyed(fat == 0 ? "fat" : "fat_2", key.index), key.index, fat);
}

std::optional<Node> find_table(const Node &volume, const Key &key) {
  const Geometry &g = geometry_of(volume);
  if (key.is != Key::number || key.index >= g.fat_count) return std::nullopt;
  SpacePtr space = slice_of(volume.space, g.fat_at + key.index * g.fat_bytes, g.fat_bytes);
  return child(volume, tables::table, keyed("table", key.index), space, 0);
}

void each_table(const Node &volume, const Visit &visit) {
  for (u64 n = 0; n < geometry_of(volume).fat_count; n++)
    if (!visit(*find_table(volume, {Key::number, n, ""}))) return;
}

/// The bitmap of a FAT: its entry says which one it is.
std::optional<Node> bitmap_of(const Node &volume, const char *name, u64 fat) {
  for (u64 n = 0; n < 2; n++) {
    std::optional<RootEntry> entry = find_in_root(volume, bitmap_type, n);
    if (!entry) return std::nullopt;
    if ((bytes_at(*entry->root.space, entry->at + 1, 1)[0] & 1) != fat) continue;
    Allocation allocation = allocation_at(*entry->root.space, entry->at);
    Content content = content_of(volume, allocation, allocation.bytes);
    Node node = child(volume, tables::bitmap, name, content.space, 0);
    if (content.damage) node.notes.push_back(content.damage->what());
    return node;
  }
  return std::nullopt;
}

std::optional<Node> find_bitmap(const Node &volume, const Key &) { return bitmap_of(volume, "bitmap", 0); }
std::optional<Node> find_bitmap_2(const Node &volume, const Key &) {
  return bitmap_of(volume, "bitmap_2", 1);
}

/// The table, and behind it the checksum from its directory entry: one structure, so that it has a seal.
std::optional<Node> find_upcase(const Node &volume, const Key &) {
  std::optional<RootEntry> entry = find_in_root(volume, upcase_type);
  std::optional<Content> table = upcase_content(volume);
  if (!entry || !table) return std::nullopt;
  std::vector<Piece> pieces = table->pieces;
  pieces.push_back({4, place_in_volume(entry->root, entry->at + 4)});
  SpacePtr space = std::make_shared<MappedSpace>(volume_facts(volume).volume, std::move(pieces));
  Node node = child(volume, tables::upcase, "upcase", space, 0);
  node.raw = table->space; // what a range of bytes means is the table alone
  if (table->damage) node.notes.push_back(table->damage->what());
  return node;
}

std::optional<Node> find_root(const Node &volume, const Key &) {
  Content root = root_directory(volume);
  Node node = child(volume, tables::directory, "root", root.space, 0);
  if (root.damage) node.notes.push_back(root.damage->what());
  return node;
}

template <u8 type> std::optional<Node> find_root_entry(const Node &volume, const Key &) {
  std::optional<RootEntry> entry = find_in_root(volume, type);
  if (!entry) return std::nullopt;
  const Struct &table = struct_of_type(type);
  return child(volume, table, table.name + std::string_view("exfat.").size(), entry->root.space, entry->at);
}

// --- views

Value label(const Node &volume) {
  std::optional<RootEntry> entry = find_in_root(volume, label_type);
  if (!entry) return std::string();
  Bytes slot = bytes_at(*entry->root.space, entry->at, slot_bytes);
  return wtf8(std::span(slot).subspan(2, 2 * std::min<u64>(slot[1], 11)));
}

std::vector<Edit> set_label(const Node &volume, const Value &text) {
  std::optional<Node> entry = find_root_entry<label_type>(volume, {});
  if (!entry) throw Misuse(path_of(volume) + ": the root directory has no entry that could hold a label");
  u64 units = utf16le(std::get<std::string>(text)).size() / 2;
  return {{*entry, "label", text}, {*entry, "length", units}};
}

// clang-format off
constexpr Field fields[] = {
    view("label", label, set_label, ValueKind::utf16).doc("the volume's name, from its entry in the root directory: label_entry"),
    view("sector_bytes",  [](const Node &v) -> Value { return geometry_of(v).sector_bytes; }) .doc("bytes in a sector of this volume"),
    view("cluster_bytes", [](const Node &v) -> Value { return geometry_of(v).cluster_bytes; }).doc("bytes in a cluster"),
    view("clusters",      [](const Node &v) -> Value { return geometry_of(v).cluster_count; }).doc("clusters; the first has number 2"),
    view("volume_bytes",  [](const Node &v) -> Value { return geometry_of(v).volume_bytes; }) .doc("bytes in the volume, as it says itself"),
    view("fat_at",        [](const Node &v) -> Value { return geometry_of(v).fat_at; })  .to("byte").doc("where FAT 0 begins"),
    view("heap_at",       [](const Node &v) -> Value { return geometry_of(v).heap_at; }) .to("byte").doc("where cluster 2 begins"),
    view("root_at",       [](const Node &v) -> Value { return cluster_at(geometry_of(v), geometry_of(v).root_cluster); }).to("byte").doc("where the root directory begins"),
};

constexpr Edge edges[] = {
    {"boot",         "",    &tables::boot,         "the boot region", find_boot, nullptr, true},
    {"boot_backup",  "",    &tables::boot,         "its backup, in sectors 12 to 23", find_boot_backup},
    {"fat",          "[n]", &tables::link,         "the FAT's entry for cluster n", find_fat_entry<0>},
    {"fat_2",        "[n]", &tables::link,         "the second FAT's entry for cluster n (TexFAT)", find_fat_entry<1>},
    {"table",        "[n]", &tables::table,        "the FATs as a whole: table 0, and on TexFAT table 1", find_table, each_table},
    {"bitmap",       "",    &tables::bitmap,       "which clusters are in use", find_bitmap},
    {"bitmap_2",     "",    &tables::bitmap,       "the bitmap of the second FAT (TexFAT)", find_bitmap_2},
    {"upcase",       "",    &tables::upcase,       "how names are compared, and its checksum", find_upcase},
    {"bitmap_entry", "",    &tables::bitmap_entry, "the root directory's entry for the bitmap", find_root_entry<bitmap_type>},
    {"upcase_entry", "",    &tables::upcase_entry, "the root directory's entry for the up-case table", find_root_entry<upcase_type>},
    {"label_entry",  "",    &tables::label_entry,  "the root directory's entry for the label", find_root_entry<label_type>},
    {"volume_guid",  "",    &tables::volume_guid,  "the root directory's entry for the volume's GUID, if there is one", find_root_entry<guid_type>},
    {"padding",      "",    &tables::padding,      "the root directory's first entry of TexFAT padding, if there is one", find_root_entry<padding_type>},
    {"root",         "",    &tables::directory,    "the root directory", find_root},
    {"file", "[\"/name\"]", &tables::set,          "a file or directory by its path", find_file, each_file, false, each_owner},
};
// clang-format on

constexpr Mirror mirrors[] = {
    {"boot", "boot_backup",
     "the regions are written together; flags and percentage are current in the first only"},
    {"fat", "fat_2", "both FATs hold the same, but while TexFAT works on one"},
    {"bitmap", "bitmap_2", "both bitmaps hold the same, but while TexFAT works on one"},
};

// --- units

Place cluster_place(const Node &volume, u64 n) {
  const Geometry &g = geometry_of(volume);
  if (n < first_cluster_number || n >= g.past_last_cluster())
    damaged(volume, 0, fmt::format("cluster {} has no place; there are 2 to {}", n, g.cluster_count + 1));
  return {cluster_at(g, n), g.cluster_bytes,
          fmt::format("heap at {} + ({} - 2) x {} bytes", hex_offset(g.heap_at), n, g.cluster_bytes)};
}

Place sector_place(const Node &volume, u64 n) {
  u64 bytes = volume_facts(volume).sector_bytes;
  return {checked_mul(n, bytes, "the sector's place"), bytes, fmt::format("{} x {} bytes", n, bytes)};
}

std::optional<u64> free_cluster(const Node &volume) {
  std::optional<Node> bitmap = find_bitmap(volume, {});
  std::optional<u64> bit = bitmap ? first_clear(*bitmap->space, geometry_of(volume).cluster_count) : std::nullopt;
  return bit ? std::optional(*bit + first_cluster_number) : std::nullopt;
}

constexpr Unit units[] = {
    {"cluster", cluster_place, [](const Node &v) { return geometry_of(v).past_last_cluster(); }, nullptr, free_cluster},
    {"sector", sector_place, [](const Node &v) { return v.space->size() / volume_facts(v).sector_bytes; }},
    {"byte",
     [](const Node &, u64 n) -> Place {
       return {n, 1, ""};
     },
     [](const Node &v) { return v.space->size(); }},
};

// Shared with NTFS: when no boot sector is left to tell them apart, both are possible.
constexpr u8 mbr_types[] = {0x07, 0x17};

} // namespace

namespace tables {
constexpr Struct volume = {
    .name = "exfat",
    .meaning = "an exFAT volume",
    .size = 0,
    .fields = fields,
    .edges = edges,
    .mirrors = mirrors,
    .units = units,
    .source = specification,
};
static_assert(sound(volume));
} // namespace tables
} // namespace lab::exfat

namespace lab {

const Format &exfat_format() {
  static constexpr Format format = {
      &exfat::tables::volume, exfat::recognise, exfat::open, exfat::walk, {exfat::each_file, exfat::file_content}, exfat::mbr_types, {}};
  return format;
}

} // namespace lab
