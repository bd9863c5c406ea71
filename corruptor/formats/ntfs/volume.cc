// SPDX-License-Identifier: GPL-2.0-or-later
//
// The volume as a whole: its boot sectors, its records, and shortcuts to the files that hold its state.
// $MFT and $MFTMirr, and the two boot sectors, are copies of each other; an edit touches the one named.
//
// Numbers of clusters and sectors count from the start of the volume, never from that of the disk: what
// lies before the partition is not part of any formula of NTFS.
#include <algorithm>

#include "base/checked.h"
#include "device/mapped.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/files.h"
#include "formats/ntfs/geometry.h"
#include "formats/ntfs/logfile.h"
#include "formats/ntfs/lookup.h"
#include "formats/ntfs/ntfs.h"
#include "formats/ntfs/owners.h"
#include "formats/ntfs/places.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/secure.h"
#include "formats/ntfs/stream.h"
#include "formats/ntfs/system_files.h"
#include "formats/ntfs/tables.h"
#include "formats/ntfs/usn_journal.h"
#include "formats/ntfs/walk.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 volume_record = 3;
constexpr u64 bitmap_record = 6;
constexpr u64 upcase_record = 10;

/// $MFTMirr holds the first four records, or as many as fit in a cluster, whichever is more.
constexpr u64 mirrored_records = 4;

// --- children

std::optional<Node> boot(const Node &volume, const Key &) { return boot_at(volume, "boot", 0); }

std::optional<Node> boot_backup(const Node &volume, const Key &) {
  return boot_at(volume, "boot_backup", facts_of<Geometry>(volume).backup_at);
}

std::optional<Node> mft_record(const Node &volume, const Key &key) {
  if (key.is == Key::number) return record_at(volume, key.index);
  if (key.is == Key::text) return find_file(volume, key.name);
  return std::nullopt;
}

void each_mft_record(const Node &volume, const Visit &visit) {
  for (u64 n = 0; n < geometry_of(volume).record_count; n++)
    if (!visit(record_at(volume, n))) return;
}

u64 mirror_count(const Geometry &geometry) {
  return std::max(mirrored_records, geometry.shape.cluster_bytes / geometry.shape.record_bytes);
}

std::optional<Node> mirror_record(const Node &volume, const Key &key) {
  const Geometry &geometry = geometry_of(volume);
  u64 n = key.is == Key::text ? static_cast<u64>(find_file(volume, key.name).given) : key.index;
  if (key.is == Key::none || n >= mirror_count(geometry)) return std::nullopt;
  u64 size = geometry.shape.record_bytes;
  u64 start = checked_mul(geometry.mirror_lcn, geometry.shape.cluster_bytes, "the place of $MFTMirr");
  u64 at = checked_add(start, n * size, "the place of a record in $MFTMirr");
  return record_node(volume, "mirror", n, slice_of(geometry.volume, at, size));
}

void each_mirror_record(const Node &volume, const Visit &visit) {
  for (u64 n = 0; n < mirror_count(geometry_of(volume)); n++)
    if (!visit(*mirror_record(volume, {Key::number, n, ""}))) return;
}

/// A stream of one of the volume's own files, as a structure of its own.
std::optional<Node> stream_of(const Node &volume, const Struct &type, const char *name, u64 record,
                              u32 attribute) {
  Node file = record_at(volume, record);
  std::optional<Node> stream = find_attribute(file, attribute, "");
  if (!stream) damaged(file, 0, std::string("has no stream that holds ") + name);
  return child(volume, type, name, content_of(*stream), 0);
}

std::optional<Node> bitmap_of(const Node &volume, const Key &) {
  return stream_of(volume, tables::bitmap, "bitmap", bitmap_record, data_type);
}
std::optional<Node> mft_bitmap_of(const Node &volume, const Key &) {
  return stream_of(volume, tables::bitmap, "mft_bitmap", 0, bitmap_type);
}
std::optional<Node> upcase_of(const Node &volume, const Key &) {
  return stream_of(volume, tables::upcase, "upcase", upcase_record, data_type);
}
std::optional<Node> logfile_of(const Node &volume, const Key &) {
  std::optional<Node> logfile = stream_of(volume, tables::logfile, "logfile", logfile_record, data_type);
  if (is_emptied(*logfile)) logfile->notes.push_back("emptied: filled with 0xff, there is nothing to replay");
  return logfile;
}

// --- views

std::optional<Node> label_node(const Node &volume) {
  return edge_named(tables::record, "volume_name")->find(record_at(volume, volume_record), Key{});
}

Value label(const Node &volume) {
  std::optional<Node> name = label_node(volume);
  return name ? value_of(*name, *field_named(tables::volume_name, "name")) : std::string();
}

std::vector<Edit> set_label(const Node &volume, const Value &text) {
  std::optional<Node> name = label_node(volume);
  if (!name) throw Misuse(path_of(volume) + " has no $VOLUME_NAME in record 3 that could hold a label");
  return {{*name, "name", text}};
}

const Shape &shape(const Node &volume) { return geometry_of(volume).shape; }

constexpr Field fields[] = {
    view("label", label, set_label, ValueKind::utf16)
        .called("$VOLUME_NAME")
        .doc("the volume's label, from record 3"),
    view("sector_bytes", [](const Node &v) -> Value { return shape(v).sector_bytes; })
        .doc("bytes in a sector of this volume"),
    view("cluster_bytes", [](const Node &v) -> Value { return shape(v).cluster_bytes; })
        .doc("bytes in a cluster"),
    view("record_bytes", [](const Node &v) -> Value { return shape(v).record_bytes; })
        .doc("bytes in a FILE record"),
    view("index_block_bytes", [](const Node &v) -> Value { return shape(v).index_block_bytes; })
        .doc("bytes in an index block, unless the index's root says otherwise"),
    view("clusters", [](const Node &v) -> Value { return geometry_of(v).clusters; })
        .doc("clusters in the volume"),
    view("records", [](const Node &v) -> Value { return geometry_of(v).record_count; })
        .doc("records in $MFT"),
};

constexpr Edge edges[] = {
    {"boot", "", &tables::boot, "the boot sector", boot, nullptr, true},
    {"boot_backup", "", &tables::boot, "its copy, in the last sector of the partition", boot_backup},
    {"mft", "[n] or [\"/path\"]", &tables::record, "the files' records", mft_record, each_mft_record, false,
     each_owner},
    {"mirror", "[n]", &tables::record, "copies of the first records, in $MFTMirr", mirror_record,
     each_mirror_record},
    {"logfile", "", &tables::logfile, "the journal, $LogFile", logfile_of},
    {"bitmap", "", &tables::bitmap, "which clusters are in use, $Bitmap", bitmap_of},
    {"mft_bitmap", "", &tables::bitmap, "which records are in use", mft_bitmap_of},
    {"upcase", "", &tables::upcase, "how names are compared, $UpCase", upcase_of},
    {"upcase_info", "", &tables::upcase_information, "which Windows made that table, $UpCase:$Info",
     find_upcase_information},
    {"secure", "", &tables::secure, "the security descriptors of all files, $Secure", find_secure},
    {"attrdef", "[n] or [\"$TYPE\"]", &tables::attribute_definition, "the types of attributes, $AttrDef",
     nullptr, each_attribute_definition},
    {"badclus", "", &tables::packed_attribute, "which clusters are bad: the runs of $BadClus:$Bad",
     find_bad_clusters},
    {"object_ids", "[n]", &tables::object_id_entry, "which files have object ids, $ObjId:$O", nullptr,
     each_object_id},
    {"quota_owners", "[n]", &tables::owner_entry, "the numbers of owners, $Quota:$O", nullptr,
     each_quota_owner},
    {"quotas", "[n]", &tables::quota_entry, "what owners use and may use, $Quota:$Q", nullptr, each_quota},
    {"reparse_points", "[n]", &tables::reparse_entry, "all reparse points, $Reparse:$R", nullptr,
     each_reparse_point},
    {"usn_journal", "", &tables::usn_journal, "what happened to files, $UsnJrnl", find_usn_journal},
    {"hiberfile", "", &tables::hiberfile, "the head of /hiberfil.sys", find_hiberfile},
};

constexpr Mirror mirrors[] = {
    {"boot", "boot_backup", "the boot sector and its backup, written when the volume is made"},
    {"mft", "mirror", "the first records of $MFT and their copies, written each time they change"},
};

constexpr Field bitmap_fields[] = {
    bits("bit", 0, 1).many().doc("1: the cluster or record with this number is in use"),
};
constexpr Field upcase_fields[] = {
    le16("entry", 0).many().doc("the upper-case letter of the UTF-16 unit with this number"),
};

// --- the row of the format

Node as_volume(SpacePtr space) {
  Node volume;
  volume.type = &tables::volume;
  volume.space = std::move(space);
  return volume;
}

bool looks_right(const Node &boot) {
  try {
    if (!has_oem_id(boot)) return false;
    shape_of(boot);
    return true;
  } catch (const Damage &) { return false; }
}

Sign recognise(const SpacePtr &space, u64 sector_size) {
  Node volume = as_volume(space);
  if (looks_right(boot_at(volume, "boot", 0))) return Sign::boot;
  u64 backup_at = find_backup(volume, sector_size);
  return looks_right(boot_at(volume, "boot_backup", backup_at)) ? Sign::backup : Sign::none;
}

Node open(const Node &parent, SpacePtr space, u64 sector_size) {
  Node volume = child(parent, tables::volume, "ntfs", std::move(space), 0);
  survey(volume, sector_size);
  return volume;
}

constexpr u8 mbr_types[] = {0x07, 0x17, 0x27};
constexpr const char *put_file[] = {"ntfscp", "-f", "-q", "{volume}", "{source}", "{target}"};

} // namespace

namespace tables {
constexpr Struct volume = {
    .name = "ntfs",
    .meaning = "an NTFS volume",
    .size = 0,
    .fields = fields,
    .edges = edges,
    .mirrors = mirrors,
    .units = volume_units,
    .source = "https://flatcap.github.io/linux-ntfs/ntfs/",
};
static_assert(sound(volume));

constexpr Struct bitmap = {
    .name = "ntfs.bitmap",
    .meaning = "one bit for each cluster or record",
    .size = 0,
    .fields = bitmap_fields,
    .source = "https://flatcap.github.io/linux-ntfs/ntfs/files/bitmap.html",
};
static_assert(sound(bitmap));

constexpr Struct upcase = {
    .name = "ntfs.upcase",
    .meaning = "the upper-case letter of every UTF-16 unit",
    .size = 0,
    .fields = upcase_fields,
    .source = "https://flatcap.github.io/linux-ntfs/ntfs/files/upcase.html",
};
static_assert(sound(upcase));
} // namespace tables
} // namespace lab::ntfs

namespace lab {

const Format &ntfs_format() {
  static constexpr Format format = {&ntfs::tables::volume, ntfs::recognise, ntfs::open, ntfs::walk, {ntfs::each_file, ntfs::file_content},
                                    ntfs::mbr_types, ntfs::put_file};
  return format;
}

} // namespace lab
