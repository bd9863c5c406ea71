// SPDX-License-Identifier: GPL-2.0-or-later
//
// After the restart pages come pages full of log records (log_record.cc). A record's number, its LSN, is its
// place: the low bits are its offset in the journal in units of 8 bytes, the high ones count the laps. So a
// record can be told from what is left of an older one, and the first in a page that begins with the end of
// another can be found.
//
// A record may go on in the next page. The first pages of all (two, or 32 since Windows 8) hold copies of the
// page that was written last; there, last_lsn is the offset of the original.
//
// https://flatcap.github.io/linux-ntfs/ntfs/files/logfile.html,
// https://docs.kernel.org/filesystems/ntfs3.html
#include "formats/ntfs/log_page.h"

#include "base/checked.h"
#include "device/mapped.h"
#include "formats/ntfs/fixup.h"
#include "formats/ntfs/geometry.h"
#include "formats/ntfs/logfile.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 record_header = 0x30;
constexpr u64 lsn_unit = 8;
constexpr u64 last_type = 2;

constexpr Name page_flags[] = {{1, "record_end"}};
constexpr Field page_fields[] = {
    text("magic", 0x00, 4).called("magic").doc("\"RCRD\"; \"CHKD\" after chkdsk"),
    le16("usa_offset", 0x04).called("usa_ofs").doc("where the update sequence array starts"),
    le16("usa_count", 0x06).called("usa_count").doc("words in the update sequence array"),
    le64("last_lsn", 0x08)
        .called("last_lsn")
        .in_hex()
        .doc("the last record that begins here; in a copy the offset of the page"),
    le32("flags", 0x10).called("flags").with(flags_of(page_flags)).doc("record_end: a record ends here"),
    le16("page_count", 0x14).called("page_count").doc("pages that were written at once"),
    le16("page_position", 0x16).called("page_position").doc("which of those this is, from 1"),
    le16("next_record_offset", 0x18)
        .called("next_record_offset")
        .doc("where the last record that ends here ends, and so the next one starts"),
    reserved("reserved", 0x1a, 6),
    le64("last_end_lsn", 0x20).called("last_end_lsn").in_hex().doc("the last record that ends here"),
};

u64 le(const Bytes &bytes, u64 at, u64 size) {
  u64 value = 0;
  for (u64 i = 0; i < size; i++) value |= static_cast<u64>(bytes[at + i]) << (8 * i);
  return value;
}

/// Whether a log record may begin at `at`: its number says that it is here, and its type exists.
bool begins_at(const Bytes &page, u64 at) {
  if (page.size() - at < record_header) return false;
  u64 lsn = le(page, at, 8), type = le(page, at + 0x20, 4);
  bool is_here = lsn != 0 && lsn % (page.size() / lsn_unit) == at / lsn_unit;
  return is_here && type > 0 && type <= last_type;
}

/// A record that leaves its page: what is here, then the entries' part of the pages after the one in which
/// its number says that it stands, of which this may be a copy. Cut where the journal ends.
SpacePtr over_pages(const Node &page, u64 lsn, u64 at, u64 length) {
  const Node &logfile = *page.parent;
  LogShape shape = shape_of_log(logfile);
  u64 size = shape.page_bytes, here = static_cast<u64>(page.given) * size,
      next = shape.offset_of(lsn) / size * size + size;
  std::vector<Piece> whole, parts;
  for (u64 done = 0, start = at; done < length; start = shape.data_offset, here = next, next += size) {
    if (here > logfile.space->size() || logfile.space->size() - here < size) break;
    for (Piece piece : pieces_behind_fixups(bytes_at(*logfile.space, here, size))) {
      *piece.parent_at += here;
      whole.push_back(piece);
    }
    u64 part = std::min(size - start, length - done);
    parts.push_back({part, parts.size() * size + start});
    done += part;
  }
  return std::make_shared<MappedSpace>(std::make_shared<MappedSpace>(logfile.space, std::move(whole)),
                                       std::move(parts));
}

Node record_in(const Node &page, u64 n, u64 at, const Bytes &bytes) {
  Node record = child(page, tables::log_record, keyed("record", n), at);
  u64 length = record_header + le(bytes, at + 0x18, 4);
  if (length <= bytes.size() - at) return record;
  if (length - record_header > page.parent->space->size()) {
    record.notes.push_back("client_data_length is more than the journal has");
    return record;
  }
  record.space = over_pages(page, le(bytes, at, 8), at, length);
  record.at = 0;
  return record;
}

void each_record(const Node &page, const Visit &visit) {
  std::string magic = std::get<std::string>(value_of(page, *field_named(tables::log_page, "magic")));
  if (magic != "RCRD") damaged(page, 0, "magic is not \"RCRD\"");
  Bytes bytes = bytes_at(*page.space, 0, page.space->size());
  u64 n = 0;
  for (u64 at = shape_of_log(*page.parent).data_offset; at < bytes.size();) {
    if (!begins_at(bytes, at)) {
      at += lsn_unit; // the end of the record before, or what is left of an older one
      continue;
    }
    if (!visit(record_in(page, n++, at, bytes))) return;
    u64 length = record_header + le(bytes, at + 0x18, 4);
    at += (length + lsn_unit - 1) / lsn_unit * lsn_unit;
  }
}

constexpr Edge page_edges[] = {
    {"fixup", "", &tables::fixup, "the page as it is stored, with its fixups", fixup_of},
    {"record", "[n]", &tables::log_record, "the log records that begin in this page", nullptr, each_record,
     true},
};
constexpr const char *source = "https://flatcap.github.io/linux-ntfs/ntfs/files/logfile.html";

} // namespace

namespace tables {
constexpr Struct log_page = {.name = "ntfs.log_page",
                             .meaning = "a page of log records",
                             .size = 0x28,
                             .fields = page_fields,
                             .edges = page_edges,
                             .seals = fixup_seals,
                             .source = source};
static_assert(sound(log_page));
} // namespace tables

std::optional<Node> find_log_page(const Node &logfile, const Key &key) {
  LogShape shape = shape_of_log(logfile);
  u64 count = logfile.space->size() / shape.page_bytes;
  if (key.is != Key::number || key.index < shape.first_page || key.index >= count) return std::nullopt;
  SpacePtr raw = slice_of(logfile.space, key.index * shape.page_bytes, shape.page_bytes);
  Node page = block_node(logfile, tables::log_page, keyed("page", key.index), std::move(raw));
  page.given = static_cast<i64>(key.index);
  return page;
}

static bool was_written(const Node &logfile, const LogShape &shape, u64 n) {
  return le(bytes_at(*logfile.space, n * shape.page_bytes, 4), 0, 4) != 0xffffffff;
}

void each_log_page(const Node &logfile, const Visit &visit) {
  LogShape shape = shape_of_log(logfile);
  u64 size =
      std::min(logfile.space->size(), geometry_of(logfile).volume->size()); // what is stated may be anything
  for (u64 n = shape.first_page; n < size / shape.page_bytes; n++)
    if (was_written(logfile, shape, n) && !visit(*find_log_page(logfile, {Key::number, n, ""}))) return;
}

void log_page_with(const Node &logfile, u64 on_disk, const Visit &visit) {
  std::optional<Extent> place = logfile.space->offset_of(on_disk);
  if (!place) return;
  LogShape shape = shape_of_log(logfile);
  u64 n = place->at / shape.page_bytes;
  if (n >= shape.first_page && n < logfile.space->size() / shape.page_bytes && was_written(logfile, shape, n))
    visit(*find_log_page(logfile, {Key::number, n, ""}));
}

} // namespace lab::ntfs
