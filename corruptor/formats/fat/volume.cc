// SPDX-License-Identifier: GPL-2.0-or-later
//
// A FAT volume from front to back: reserved sectors with the boot sector (on FAT32 also FSInfo and
// copies of both), the tables, on FAT12 and FAT16 the root directory, and the clusters, numbered
// from 2. When the boot sector cannot be believed, FAT32's copy is; when neither can, their fields are
// still there to be set, and everything else is Damage.
#include <fmt/format.h>

#include "base/checked.h"
#include "device/mapped.h"
#include "formats/fat/fat.h"
#include "schema/value.h"

namespace lab {

namespace {

constexpr char fatgen[] = "fatgen103, Microsoft 2000";

/// Where the copy of the boot sector is when nothing says so; the specification wants no other place.
constexpr u64 usual_backup_sector = 6;

/// A sector that is not there cannot be believed, like one of zeroes.
Bytes boot_at(const Space &volume, u64 at) {
  try {
    return bytes_at(volume, at, 512);
  } catch (const Damage &) { return Bytes(512); }
}

bool has_mark(const Bytes &boot) {
  return boot[0] == 0xeb || boot[0] == 0xe9 || (boot[510] == 0x55 && boot[511] == 0xaa);
}

/// What the volume's first sector says, and then the copy: at sector 6, whatever the sector's size.
Reading read_primary(const Space &volume) {
  Bytes boot = boot_at(volume, 0);
  Reading reading = read_boot_sector(boot);
  if (reading.geometry && !has_mark(boot))
    return {0, std::nullopt, "neither a jump nor the signature 0xaa55"};
  return reading;
}

Reading read_backup(const Space &volume) {
  for (u64 sector_size : {512, 1024, 2048, 4096}) {
    Bytes boot = boot_at(volume, usual_backup_sector * sector_size);
    Reading reading = read_boot_sector(boot);
    if (reading.width == 32 && has_mark(boot) && reading.geometry->sector_size == sector_size) return reading;
  }
  return {0, std::nullopt, "no copy in sector 6"};
}

/// The text that says "FAT16   " is no proof, but better than nothing once the numbers are damaged.
bool is_labelled(const Space &volume, int width) {
  Bytes boot = boot_at(volume, 0);
  size_t at = width == 32 ? 0x52 : 0x36;
  return has_mark(boot) &&
         std::string(boot.begin() + at, boot.begin() + at + 8) == fmt::format("FAT{}   ", width);
}

template <int width> Sign recognise(const SpacePtr &volume, u64) {
  Reading primary = read_primary(*volume);
  if (primary.width == width) return Sign::boot;
  if (width == 32 && read_backup(*volume).width == 32) return Sign::backup;
  return primary.width == 0 && is_labelled(*volume, width) ? Sign::backup : Sign::none;
}

const Struct &volume_struct(int width) {
  return width == 12 ? fat12_struct : width == 16 ? fat16_struct : fat32_struct;
}

template <int width> Node open(const Node &parent, SpacePtr volume, u64 sector_size) {
  Reading reading = read_primary(*volume);
  if (reading.geometry && reading.width != width)
    reading = {0, std::nullopt, fmt::format("the boot sector is that of a FAT{}", reading.width)};
  std::vector<std::string> notes;
  if (!reading.geometry) notes.push_back("boot sector: " + reading.fault);
  if (Reading backup = read_backup(*volume); width == 32 && !reading.geometry && backup.geometry) {
    notes.push_back("all places are taken from the backup boot sector");
    reading = backup;
  }
  auto facts = std::make_shared<FatFacts>();
  facts->width = width;
  facts->volume = volume;
  facts->sector_size = reading.geometry ? reading.geometry->sector_size : sector_size;
  facts->geometry = reading.geometry;
  facts->fault = reading.fault;
  Node node = child(parent, volume_struct(width), volume_struct(width).name, volume, 0);
  node.facts = std::move(facts);
  node.notes = std::move(notes);
  return node;
}

// Edges.

u64 sector(const Node &volume, u64 n) {
  return checked_mul(n, fat_facts(volume).sector_size, "the sector's place");
}

/// A sector number of the boot sector; its usual value where there is none to be believed; 0: none.
u64 backup_sector(const Node &volume) {
  const std::optional<Geometry> &g = fat_facts(volume).geometry;
  return g ? g->backup_sector : usual_backup_sector;
}
u64 fsinfo_sector(const Node &volume) {
  const std::optional<Geometry> &g = fat_facts(volume).geometry;
  return g ? g->fsinfo_sector : 1;
}

std::optional<Node> find_boot(const Node &volume, const Key &) {
  return child(volume, fat_facts(volume).width == 32 ? fat32_boot_struct : fat_boot_struct, "boot", 0);
}

std::optional<Node> find_boot_backup(const Node &volume, const Key &) {
  if (backup_sector(volume) == 0) return std::nullopt;
  return child(volume, fat32_boot_struct, "boot_backup", sector(volume, backup_sector(volume)));
}

std::optional<Node> find_fsinfo(const Node &volume, const Key &) {
  if (fsinfo_sector(volume) == 0) return std::nullopt;
  return child(volume, fat32_fsinfo_struct, "fsinfo", sector(volume, fsinfo_sector(volume)));
}

std::optional<Node> find_fsinfo_backup(const Node &volume, const Key &) {
  if (fsinfo_sector(volume) == 0 || backup_sector(volume) == 0) return std::nullopt;
  return child(volume, fat32_fsinfo_struct, "fsinfo_backup",
               sector(volume, backup_sector(volume) + fsinfo_sector(volume)));
}

const Struct &table_struct(int width) {
  return width == 12 ? fat12_table_struct : width == 16 ? fat16_table_struct : fat32_table_struct;
}

std::optional<Node> find_fat(const Node &volume, const Key &key) {
  const Geometry &g = geometry(volume);
  if (key.is != Key::number || key.index >= g.fat_count) return std::nullopt;
  SpacePtr table = slice_of(volume.space, g.fat_offset + key.index * g.fat_size, g.fat_size);
  return child(volume, table_struct(fat_facts(volume).width), keyed("fat", key.index), table, 0);
}

void each_fat(const Node &volume, const Visit &visit) {
  for (u64 n = 0; n < geometry(volume).fat_count; n++)
    if (!visit(*find_fat(volume, {Key::number, n, ""}))) return;
}

std::optional<Node> find_root(const Node &volume, const Key &) {
  ChainSpace root = root_directory(volume);
  Node node = child(volume, directory_struct(fat_facts(volume).width), "root", root.space, 0);
  if (root.damage) node.notes.push_back(root.damage->what());
  return node;
}

constexpr Edge table_edge(const Struct *type) {
  return {"fat", "[n]", type, "the copies of the file allocation table; n from 0", find_fat, each_fat};
}
constexpr Edge root_edge(const Struct *type) {
  return {"root", "", type, "the root directory, slot by slot", find_root};
}
constexpr Edge file_edge(const Struct *type) {
  return {"file",    "[\"/name\"]", type, "a file or directory by its path, in long or short names",
          find_file, each_file, false, each_owner};
}

// The label stands in two structures that have nothing else in common, so it is a structure itself.
constexpr Edge boot_label_edge = {"label_in_boot", "", &fat_label_struct, "the label in the boot sector",
                                  find_boot_label};
constexpr Edge root_label_edge = {"label_in_root", "", &fat_label_struct,
                                  "the label in the root directory, if it has one", find_root_label};

constexpr Edge small_boot_edge = {"boot", "", &fat_boot_struct, "the boot sector", find_boot, nullptr, true};
constexpr Edge fat12_edges[] = {small_boot_edge,
                                table_edge(&fat12_table_struct),
                                root_edge(&fat12_directory_struct),
                                file_edge(&fat12_entry_struct),
                                boot_label_edge,
                                root_label_edge};
constexpr Edge fat16_edges[] = {small_boot_edge,
                                table_edge(&fat16_table_struct),
                                root_edge(&fat16_directory_struct),
                                file_edge(&fat16_entry_struct),
                                boot_label_edge,
                                root_label_edge};
constexpr Edge fat32_edges[] = {
    {"boot", "", &fat32_boot_struct, "the boot sector", find_boot, nullptr, true},
    {"boot_backup", "", &fat32_boot_struct, "the copy of the boot sector", find_boot_backup, nullptr, true},
    {"fsinfo", "", &fat32_fsinfo_struct, "what is free, as far as known", find_fsinfo, nullptr, true},
    {"fsinfo_backup", "", &fat32_fsinfo_struct, "the copy of FSInfo", find_fsinfo_backup, nullptr, true},
    table_edge(&fat32_table_struct),
    root_edge(&fat32_directory_struct),
    file_edge(&fat32_entry_struct),
    boot_label_edge,
    root_label_edge,
};

constexpr Mirror fat_mirror = {"fat[0]", "fat[1]", "both tables hold the same"};
constexpr Mirror label_mirror = {
    "label_in_boot", "label_in_root",
    "written together when the volume is formatted; Windows changes only the second"};
constexpr Mirror small_mirrors[] = {fat_mirror, label_mirror};
constexpr Mirror fat32_mirrors[] = {
    {"boot", "boot_backup", "the copy is written when the volume is formatted"},
    {"fsinfo", "fsinfo_backup", "the copy is written when the volume is formatted; its counts may be stale"},
    fat_mirror,
    label_mirror,
};

// Views and units.

u64 root_offset(const Node &volume) {
  const Geometry &g = geometry(volume);
  if (fat_facts(volume).width != 32) return g.root_offset;
  if (g.root_cluster < 2)
    damaged(volume, 0x2c, fmt::format("root_cluster is {}, expected 2 or more", g.root_cluster));
  return cluster_offset(g, g.root_cluster);
}

constexpr Field volume_fields[] = {
    // clang-format off
    view("label",         [](const Node &v) -> Value { return label_of(v); }, nullptr, ValueKind::utf16).doc("the volume's name, from the root directory"),
    view("sector_size",   [](const Node &v) -> Value { return geometry(v).sector_size; })  .doc("bytes in a sector"),
    view("cluster_size",  [](const Node &v) -> Value { return geometry(v).cluster_size; }) .doc("bytes in a cluster"),
    view("cluster_count", [](const Node &v) -> Value { return geometry(v).cluster_count; }).doc("clusters; the first has number 2"),
    view("fat_offset",    [](const Node &v) -> Value { return geometry(v).fat_offset; })   .to("byte").doc("where FAT 0 begins"),
    view("fat_size",      [](const Node &v) -> Value { return geometry(v).fat_size; })     .doc("bytes in one FAT"),
    view("root_offset",   [](const Node &v) -> Value { return root_offset(v); })           .to("byte").doc("where the root directory begins"),
    view("data_offset",   [](const Node &v) -> Value { return geometry(v).data_offset; })  .to("byte").doc("where cluster 2 begins"),
    // clang-format on
};

Place cluster_place(const Node &volume, u64 n) {
  const Geometry &g = geometry(volume);
  if (n < 2 || n >= g.cluster_count + 2)
    damaged(volume, 0, fmt::format("cluster {} has no place; there are 2 to {}", n, g.cluster_count + 1));
  return {cluster_offset(g, n), g.cluster_size,
          fmt::format("data at {} + ({} - 2) x {} bytes", hex_offset(g.data_offset), n, g.cluster_size)};
}

std::optional<u64> free_cluster(const Node &volume) {
  const Geometry &g = geometry(volume);
  Node table = *find_fat(volume, {Key::number, g.active_fat, ""});
  const Field &entry = *field_named(*table.type, "entry");
  for (u64 n = 2; n < g.cluster_count + 2; n++)
    if (std::get<u64>(value_of(table, entry, n)) == 0) return n;
  return std::nullopt;
}

constexpr Unit units[] = {
    {"cluster", cluster_place, [](const Node &volume) { return geometry(volume).cluster_count + 2; }, nullptr,
     free_cluster},
    {"sector",
     [](const Node &volume, u64 n) -> Place {
       u64 size = fat_facts(volume).sector_size;
       return {sector(volume, n), size, fmt::format("{} x {} bytes", n, size)};
     },
     [](const Node &volume) { return volume.space->size() / fat_facts(volume).sector_size; }},
    {"byte",
     [](const Node &, u64 n) -> Place {
       return {n, 1, ""};
     },
     [](const Node &volume) { return volume.space->size(); }},
};

} // namespace

constexpr Struct fat12_struct = {"fat12", "a FAT12 volume", 0,     volume_fields, fat12_edges,
                                 {},      small_mirrors,    units, fatgen};
constexpr Struct fat16_struct = {"fat16", "a FAT16 volume", 0,     volume_fields, fat16_edges,
                                 {},      small_mirrors,    units, fatgen};
constexpr Struct fat32_struct = {"fat32", "a FAT32 volume", 0,     volume_fields, fat32_edges,
                                 {},      fat32_mirrors,    units, fatgen};
static_assert(sound(fat12_struct));
static_assert(sound(fat16_struct));
static_assert(sound(fat32_struct));

// Hidden types are the same number with bit 4 set. 0xef, the EFI system partition, holds any width;
// firmware and mkfs agree on FAT32.
static constexpr u8 types_12[] = {0x01, 0x11};
static constexpr u8 types_16[] = {0x04, 0x06, 0x0e, 0x14, 0x16, 0x1e};
static constexpr u8 types_32[] = {0x0b, 0x0c, 0x1b, 0x1c, 0xef};
static constexpr const char *mcopy[] = {"mcopy", "-o", "-i", "{volume}", "{source}", "::{target}"};

const Format &fat12_format() {
  static constexpr Format format = {&fat12_struct, recognise<12>, open<12>, walk_fat, {each_file, file_content}, types_12, mcopy};
  return format;
}

const Format &fat16_format() {
  static constexpr Format format = {&fat16_struct, recognise<16>, open<16>, walk_fat, {each_file, file_content}, types_16, mcopy};
  return format;
}

const Format &fat32_format() {
  static constexpr Format format = {&fat32_struct, recognise<32>, open<32>, walk_fat, {each_file, file_content}, types_32, mcopy};
  return format;
}

} // namespace lab
