// SPDX-License-Identifier: GPL-2.0-or-later
//
// A piece of $MFT that cannot be read as a whole is read again record by record, so that only those are missing that
// really cannot be read.
#include "formats/ntfs/stored_records.h"

#include "device/ahead.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/fixup.h"
#include "formats/ntfs/tables.h"
#include "schema/fixed.h"

namespace lab::ntfs {

namespace {

constexpr u64 read_at_once = u64{1} << 20;

const Fixed flags(tables::record, "flags"), base_record(tables::record, "base_record");
const Fixed attributes_offset(tables::record, "attributes_offset");
const Fixed type(tables::attribute, "type"), length(tables::attribute, "length");
constexpr u64 in_use = 1;

using Visitor = std::function<void(const StoredAttribute &)>;

/// The record's bytes have fixed_slack more behind them.
void attributes_of(u64 number, std::span<u8> record, const Visitor &visit) {
  undo_fixups(record); // where they are wrong, the bytes as they are stored are what there is
  if (!(flags(record.data()) & in_use)) return;
  u64 base = base_record(record.data()), file = base ? base : number;
  u64 at = attributes_offset(record.data());
  if (at < smallest_header) return;
  while (at < record.size() && record.size() - at >= smallest_attribute) {
    std::span<const u8> rest = record.subspan(at);
    if (type(rest.data()) == end_mark) return;
    u64 size = std::min<u64>(length(rest.data()), rest.size());
    visit({file, rest.first(size)});
    if (size < smallest_attribute || size != length(rest.data())) return;
    at += size;
  }
}

void one_by_one(const Geometry &g, u64 first, u64 end, const Visitor &visit) {
  for (u64 n = first; n < end; n++) {
    Bytes record(g.shape.record_bytes + fixed_slack);
    std::span<u8> bytes = std::span(record).first(g.shape.record_bytes);
    try {
      stored_record(g, n)->read(0, bytes);
    } catch (const Damage &) { continue; } // what cannot be read knows nothing
    attributes_of(n, bytes, visit);
  }
}

} // namespace

void each_stored_attribute(const Geometry &g, const Visitor &visit) {
  u64 size = g.shape.record_bytes, piece = std::max(read_at_once / size, u64{1});
  Ahead ahead(g.mft, g.record_count * size, piece * size, fixed_slack);
  for (u64 number = 0; number < g.record_count; number += piece) {
    try {
      Ahead::Chunk chunk = ahead.next();
      for (u64 at = 0; at + size <= chunk.bytes.size(); at += size) attributes_of(number + at / size, chunk.bytes.subspan(at, size), visit);
    } catch (const Damage &) { one_by_one(g, number, std::min(number + piece, g.record_count), visit); }
  }
}

} // namespace lab::ntfs
