// SPDX-License-Identifier: GPL-2.0-or-later
//
// The change journal, /$Extend/$UsnJrnl, tells programs which files changed. Its stream $J only grows at the
// end, and what is old becomes a hole at the start, so a record's offset in it, its USN, names it for ever.
// Records start at multiples of 8 and do not cross the border of a page of 4096 bytes, whose rest is zero.
// The stream $Max says how large the journal may become.
//
// https://learn.microsoft.com/windows/win32/api/winioctl/ns-winioctl-usn_record_v2
#include "formats/ntfs/usn_journal.h"

#include "base/checked.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/lookup.h"
#include "formats/ntfs/names.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/stream.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr const char *usn_journal_path = "/$Extend/$UsnJrnl";
constexpr u64 page_bytes = 4096;
constexpr u64 smallest_record = 0x3c;

constexpr Name reasons[] = {
    {0x00000001, "data_overwrite"},
    {0x00000002, "data_extend"},
    {0x00000004, "data_truncation"},
    {0x00000010, "named_data_overwrite"},
    {0x00000020, "named_data_extend"},
    {0x00000040, "named_data_truncation"},
    {0x00000100, "file_create"},
    {0x00000200, "file_delete"},
    {0x00000400, "ea_change"},
    {0x00000800, "security_change"},
    {0x00001000, "rename_old_name"},
    {0x00002000, "rename_new_name"},
    {0x00004000, "indexable_change"},
    {0x00008000, "basic_info_change"},
    {0x00010000, "hard_link_change"},
    {0x00020000, "compression_change"},
    {0x00040000, "encryption_change"},
    {0x00080000, "object_id_change"},
    {0x00100000, "reparse_point_change"},
    {0x00200000, "stream_change"},
    {0x00400000, "transacted_change"},
    {0x00800000, "integrity_change"},
    {0x80000000, "close"},
};
constexpr Name sources[] = {{1, "data_management"}, {2, "auxiliary_data"}, {4, "replication_management"}};

constexpr Field length =
    le32("length", 0x00).called("RecordLength").doc("bytes from here to the next record, a multiple of 8");
constexpr Field major =
    le16("major_version", 0x04).called("MajorVersion").doc("2; 3 where files have numbers of 128 bits");
constexpr Field minor = le16("minor_version", 0x06).called("MinorVersion").doc("0");
constexpr Field file =
    bits("record", 0x08 * 8, 48).to("record").called("FileReferenceNumber").doc("the file's record");
constexpr Field sequence =
    le16("sequence", 0x0e).called("FileReferenceNumber").doc("the sequence number of that record");

constexpr Field parent(i64 at) {
  return bits("parent_record", at * 8, 48)
      .to("record")
      .called("ParentFileReferenceNumber")
      .doc("the record of the directory it is in");
}
constexpr Field parent_sequence(i64 at) {
  return le16("parent_sequence", at + 6)
      .called("ParentFileReferenceNumber")
      .doc("the sequence number of that record");
}
// From the USN on, both versions have the same rows.
constexpr Field usn(i64 at) { return le64("usn", at).called("Usn").doc("where this record is in $J"); }
constexpr Field time(i64 at) { return filetime("time", at + 8).called("TimeStamp").doc("when it happened"); }
constexpr Field reason(i64 at) {
  return le32("reason", at + 0x10)
      .called("Reason")
      .with(flags_of(reasons))
      .in_hex()
      .doc("what happened since the file was opened");
}
constexpr Field source_info(i64 at) {
  return le32("source_info", at + 0x14)
      .called("SourceInfo")
      .with(flags_of(sources))
      .doc("who did it, if it was no user");
}
constexpr Field security_id(i64 at) {
  return le32("security_id", at + 0x18)
      .called("SecurityId")
      .doc("the security descriptor's number in $Secure; 0 if unknown");
}
constexpr Field attributes(i64 at) {
  return le32("file_flags", at + 0x1c)
      .called("FileAttributes")
      .with(flags_of(file_flags))
      .doc("DOS and NT file attributes");
}
constexpr Field name_length(i64 at) {
  return le16("name_length", at + 0x20).called("FileNameLength").doc("bytes in the name");
}
constexpr Field name_offset(i64 at) {
  return le16("name_offset", at + 0x22)
      .called("FileNameOffset")
      .doc("where the name starts, from the record's start");
}
constexpr Field name = utf16("name", "name_offset", "name_length")
                           .called("FileName")
                           .doc("the file's name, without its directories");

constexpr i64 usn_at = 0x18, usn_at_3 = 0x28;
constexpr Field record_fields[] = {
    length,
    major,
    minor,
    file,
    sequence,
    parent(0x10),
    parent_sequence(0x10),
    usn(usn_at),
    time(usn_at),
    reason(usn_at),
    source_info(usn_at),
    security_id(usn_at),
    attributes(usn_at),
    name_length(usn_at),
    name_offset(usn_at),
    name,
};
constexpr Field record_3_fields[] = {
    length,
    major,
    minor,
    file,
    sequence,
    reserved("file_high", 0x10, 8),
    parent(0x18),
    parent_sequence(0x18),
    reserved("parent_high", 0x20, 8),
    usn(usn_at_3),
    time(usn_at_3),
    reason(usn_at_3),
    source_info(usn_at_3),
    security_id(usn_at_3),
    attributes(usn_at_3),
    name_length(usn_at_3),
    name_offset(usn_at_3),
    name,
};
constexpr Field maximum_fields[] = {
    le64("maximum_size", 0x00).called("MaximumSize").doc("bytes that $J may take up"),
    le64("allocation_delta", 0x08).called("AllocationDelta").doc("bytes by which it grows and shrinks"),
    filetime("journal_id", 0x10)
        .called("UsnJournalID")
        .doc("tells this journal from one before: when it was made"),
    le64("lowest_valid_usn", 0x18).called("LowestValidUsn").doc("where the records of this journal begin"),
};

Node record_in(const Node &journal, u64 n, u64 at) {
  Node record = child(journal, tables::usn_record, keyed("record", n), at);
  u64 version = number(record, "major_version");
  if (version == 3)
    record.type = &tables::usn_record_3;
  else if (version != 2)
    record.notes.push_back("a record of version " + std::to_string(version) + ", shown as if of version 2");
  try {
    record.label = std::get<std::string>(value_of(record, *field_named(*record.type, "name")));
  } catch (const Damage &) { record.notes.push_back("the name leaves the journal"); }
  return record;
}

/// The records in [at, end), counted on from `n`; false if the visitor has enough. Damage where they break
/// off.
bool visit_page(const Node &journal, u64 at, u64 end, u64 &n, const Visit &visit) {
  while (end - at >= smallest_record) {
    u64 bytes = number(child(journal, tables::usn_record, keyed("record", n), at), "length");
    if (bytes == 0) return true;
    Node record = record_in(journal, n++, at);
    if (!visit(record)) return false;
    if (bytes < smallest_record || bytes > end - at)
      damaged(record, 0,
              "length is " + std::to_string(bytes) + ", expected " + std::to_string(smallest_record) +
                  " to " + std::to_string(end - at) + "; what follows in this page is not reached");
    at += (bytes + 7) / 8 * 8;
    if (at > end) return true;
  }
  return true;
}

void each_record(const Node &journal, const Visit &visit) {
  std::optional<Damage> damage;
  u64 n = 0, size = journal.space->size();
  for (u64 at = 0; at < size;) {
    u64 end = std::min(size, at / page_bytes * page_bytes + page_bytes);
    if (Stretch stretch = journal.space->stretch(at, size - at); stretch.zero) {
      at = std::max(end, (at + stretch.length) / page_bytes * page_bytes);
      continue;
    }
    bytes_at(*journal.space, at, end - at); // what cannot be read ends the walk, for so may all that follows
    try {
      if (!visit_page(journal, at, end, n, visit)) return;
    } catch (const Damage &error) {
      if (!damage) damage = error;
    }
    at = end;
  }
  if (damage) throw *damage;
}

std::optional<Node> maximum_of(const Node &journal, const Key &) {
  std::optional<Node> stream =
      find_attribute(find_file(volume_above(journal), usn_journal_path), data_type, "$Max");
  if (!stream) return std::nullopt;
  return child(journal, tables::usn_maximum, "max", content_of(*stream), 0);
}

constexpr Edge edges[] = {
    {"max", "", &tables::usn_maximum, "its size and identity, $Max", maximum_of, nullptr, true},
    {"record", "[n] or [\"name\"]", &tables::usn_record, "what happened, from the oldest that is left; $J",
     nullptr, each_record},
};

constexpr const char *source =
    "https://learn.microsoft.com/windows/win32/api/winioctl/ns-winioctl-usn_record_v2";

} // namespace

namespace tables {
constexpr Struct usn_record = {.name = "ntfs.usn_record",
                               .meaning = "what happened to a file",
                               .size = "length",
                               .fields = record_fields,
                               .source = source};
constexpr Struct usn_record_3 = {.name = "ntfs.usn_record_3",
                                 .meaning = "what happened to a file, with numbers of 128 bits",
                                 .size = "length",
                                 .fields = record_3_fields,
                                 .source = source};
constexpr Struct usn_maximum = {.name = "ntfs.usn_maximum",
                                .meaning = "how large the change journal may become",
                                .size = 0x20,
                                .fields = maximum_fields,
                                .source = source};
constexpr Struct usn_journal = {
    .name = "ntfs.usn_journal", .meaning = "the change journal", .size = 0, .edges = edges, .source = source};
static_assert(sound(usn_record) && sound(usn_record_3) && sound(usn_maximum) && sound(usn_journal));
} // namespace tables

std::optional<Node> find_usn_journal(const Node &volume, const Key &) {
  Node file = find_file(volume, usn_journal_path);
  std::optional<Node> stream = find_attribute(file, data_type, "$J");
  if (!stream) damaged(file, 0, "has no stream $J");
  return child(volume, tables::usn_journal, "usn_journal", content_of(*stream), 0);
}

} // namespace lab::ntfs
