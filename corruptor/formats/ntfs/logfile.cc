// SPDX-License-Identifier: GPL-2.0-or-later
//
// $LogFile, the journal, starts with two restart pages, written in turn. The newer one tells a driver
// whether there is anything to replay: if the volume was taken out of use properly, the area says
// `clean`, or no client has the log open (client_in_use_list is 0xffff). Tools that cannot replay look
// at just that. A journal that was emptied is filled with 0xff, and then has no restart page at all.
//
// https://flatcap.github.io/linux-ntfs/ntfs/files/logfile.html
#include "formats/ntfs/logfile.h"

#include "base/checked.h"
#include "device/mapped.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/fixup.h"
#include "formats/ntfs/log_page.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 usual_page = 4096;
constexpr u64 largest_page = 64 * 1024;
constexpr u64 restart_pages = 2;
constexpr u64 usual_data_offset = 0x40;
constexpr u64 usual_sequence_bits = 0x2d;
constexpr u16 no_client = 0xffff;
const Bytes emptied_magic = {0xff, 0xff, 0xff, 0xff};

/// The first page says how large pages are; where it does not, they are as Windows makes them.
u64 page_bytes(const Node &logfile, const char *field) {
  u64 bytes = number(child(logfile, tables::restart_page, "restart[0]", 0), field);
  bool plausible = bytes >= 512 && bytes <= largest_page && (bytes & (bytes - 1)) == 0;
  return plausible ? bytes : usual_page;
}

std::optional<Node> find_restart(const Node &logfile, const Key &key) {
  if (key.is != Key::number || key.index >= restart_pages) return std::nullopt;
  u64 size = page_bytes(logfile, "system_page_size");
  SpacePtr raw = slice_of(logfile.space, key.index * size, size);
  return block_node(logfile, tables::restart_page, keyed("restart", key.index), std::move(raw));
}

void each_restart(const Node &logfile, const Visit &visit) {
  if (is_emptied(logfile)) return;
  for (u64 n = 0; n < restart_pages; n++)
    if (!visit(*find_restart(logfile, {Key::number, n, ""}))) return;
}

std::optional<Node> area_of(const Node &page, const Key &) {
  u64 at = number(page, "restart_area_offset");
  if (at > page.space->size() || page.space->size() - at < static_cast<u64>(tables::restart_area.size.add))
    damaged(page, 0x18,
            "restart_area_offset is " + hex_offset(at) + ", which leaves no room for the area in the page");
  return child(page, tables::restart_area, "area", at);
}

void each_client(const Node &area, const Visit &visit) {
  u64 at = checked_add(area.at, number(area, "client_array_offset"), "client_array_offset");
  u64 size = static_cast<u64>(tables::log_client.size.add);
  for (u64 n = 0, count = number(area, "clients"); n < count; n++, at += size) {
    if (at > area.space->size() || area.space->size() - at < size)
      damaged(area, 0x08,
              "clients is " + std::to_string(count) + "; client " + std::to_string(n) + " leaves the page");
    if (!visit(child(area, tables::log_client, keyed("client", n), at))) return;
  }
}

constexpr Name area_flags[] = {{1, "single_page_io"}, {2, "clean"}};
constexpr Name nobody[] = {{no_client, "none"}};

constexpr Field page_fields[] = {
    text("magic", 0x00, 4).called("magic").doc("\"RSTR\"; \"CHKD\" after chkdsk"),
    le16("usa_offset", 0x04).called("usa_ofs").doc("where the update sequence array starts"),
    le16("usa_count", 0x06).called("usa_count").doc("words in the update sequence array"),
    le64("chkdsk_lsn", 0x08)
        .called("chkdsk_lsn")
        .doc("the last journal entry that chkdsk found; 0 otherwise"),
    le32("system_page_size", 0x10).called("system_page_size").doc("bytes in a restart page"),
    le32("log_page_size", 0x14).called("log_page_size").doc("bytes in each of the pages that hold entries"),
    le16("restart_area_offset", 0x18).called("restart_area_offset").doc("where the restart area starts"),
    sle("minor_version", 0x1a, 2)
        .called("minor_ver")
        .doc("1 until Windows 7; 0 with major version 2 since Windows 8"),
    sle("major_version", 0x1c, 2)
        .called("major_ver")
        .doc("1; 2 where Windows 8 or later left the volume in use"),
};

constexpr Field area_fields[] = {
    le64("current_lsn", 0x00)
        .called("current_lsn")
        .doc("the journal entry that was the last when this was written"),
    le16("clients", 0x08).called("log_clients").doc("clients of the journal: 1, NTFS itself"),
    le16("client_free_list", 0x0a)
        .called("client_free_list")
        .with(one_of(nobody))
        .doc("the first client that is not in use"),
    le16("client_in_use_list", 0x0c)
        .called("client_in_use_list")
        .with(one_of(nobody))
        .doc("the first client that has the journal open; none on a volume that was shut down properly"),
    le16("flags", 0x0e).called("flags").with(flags_of(area_flags)).doc("clean: there is nothing to replay"),
    le32("sequence_bits", 0x10)
        .called("seq_number_bits")
        .doc("how many of a journal entry's number count the laps"),
    le16("length", 0x14).called("restart_area_length").doc("bytes in this area with its clients"),
    le16("client_array_offset", 0x16)
        .called("client_array_offset")
        .doc("where the clients start, from the area's start"),
    le64("file_size", 0x18).called("file_size").doc("bytes of the journal that are used"),
    le32("last_data_length", 0x20).called("last_lsn_data_length").doc("bytes of data in the last entry"),
    le16("record_header_length", 0x24)
        .called("log_record_header_length")
        .doc("bytes in the header of an entry"),
    le16("page_data_offset", 0x26).called("log_page_data_offset").doc("where entries start in a page"),
    le32("open_count", 0x28)
        .called("restart_log_open_count")
        .doc("grows each time the journal is opened")
        .not_checked(),
    reserved("reserved", 0x2c, 4),
};

constexpr Field client_fields[] = {
    le64("oldest_lsn", 0x00).called("oldest_lsn").doc("the oldest entry that this client still needs"),
    le64("restart_lsn", 0x08).called("client_restart_lsn").doc("the entry that its replay starts at"),
    le16("previous", 0x10).called("prev_client").with(one_of(nobody)).doc("the client before in its list"),
    le16("next", 0x12).called("next_client").with(one_of(nobody)).doc("the next client in its list"),
    le16("sequence_number", 0x14).called("seq_number").doc("how often this slot has been used"),
    reserved("reserved", 0x16, 6),
    le32("name_length", 0x1c).called("client_name_length").doc("bytes in the name"),
    utf16("name", 0x20, 128).called("client_name").doc("\"NTFS\""),
};

constexpr Edge logfile_edges[] = {
    {"restart", "[n]", &tables::restart_page, "the two restart pages", find_restart, each_restart, true},
    {"page", "[n]", &tables::log_page, "the pages of log records, counted from the journal's start",
     find_log_page, each_log_page, false, log_page_with},
};
constexpr Edge page_edges[] = {
    {"fixup", "", &tables::fixup, "the page as it is stored, with its fixups", fixup_of},
    {"area", "", &tables::restart_area, "the state of the journal", area_of, nullptr, true},
};
constexpr Edge area_edges[] = {
    {"client", "[n]", &tables::log_client, "who uses the journal", nullptr, each_client},
};

constexpr const char *source = "https://flatcap.github.io/linux-ntfs/ntfs/files/logfile.html";

} // namespace

namespace tables {
constexpr Struct logfile = {"ntfs.logfile", "the journal", 0, {}, logfile_edges, {}, {}, {}, source};
constexpr Struct restart_page = {"ntfs.restart_page",
                                 "one of two pages that tell how to restart",
                                 0x1e,
                                 page_fields,
                                 page_edges,
                                 fixup_seals,
                                 {},
                                 {},
                                 source};
constexpr Struct restart_area = {
    "ntfs.restart_area", "the state of the journal", 0x30, area_fields, area_edges, {}, {}, {}, source};
constexpr Struct log_client = {
    "ntfs.log_client", "a user of the journal", 0xa0, client_fields, {}, {}, {}, {}, source};
static_assert(sound(logfile) && sound(restart_page) && sound(restart_area) && sound(log_client));
} // namespace tables

LogShape shape_of_log(const Node &logfile) {
  LogShape shape{page_bytes(logfile, "log_page_size"), 0, usual_data_offset, usual_sequence_bits};
  shape.first_page = restart_pages * page_bytes(logfile, "system_page_size") / shape.page_bytes;
  try {
    Node area = *area_of(*find_restart(logfile, {Key::number, 0, ""}), Key{});
    u64 offset = number(area, "page_data_offset"), bits = number(area, "sequence_bits");
    if (offset >= static_cast<u64>(tables::log_page.size.add) && offset < shape.page_bytes && offset % 8 == 0)
      shape.data_offset = offset;
    if (bits > 3 && bits < 64) shape.sequence_bits = bits;
  } catch (const Damage &) {
    return shape; // the usual ones are what is left
  }
  return shape;
}

bool is_emptied(const Node &logfile) {
  return bytes_at(*logfile.space, 0, emptied_magic.size()) == emptied_magic;
}

} // namespace lab::ntfs
