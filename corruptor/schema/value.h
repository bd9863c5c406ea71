// SPDX-License-Identifier: GPL-2.0-or-later
//
// The whole codec: `gather` collects a field's bits from its slices, `scatter` puts bits back; `decode`
// and `encode` turn bits into numbers, text and times and back. Verbs work between the two, on bits,
// so every verb works on every field.
#pragma once

#include "schema/struct.h"

namespace lab {

/// Bits, the lowest first in byte 0; `width` of them count, the rest of the last byte is zero.
struct Bits {
  Bytes bytes;
  u64 width = 0;
  bool operator==(const Bits &) const = default;
};

/// True if the row is there in this node (`if_` holds and an array has element `index`).
bool present(const Node &node, const Field &field, u64 index = 0);

/// How many elements an array has here (1 for a plain field).
u64 element_count(const Node &node, const Field &field);

/// The field's bits. Misuse if it is absent here, Damage if its bytes cannot be read.
Bits gather(const Node &node, const Field &field, u64 index = 0);

/// Bytes of the node's space that must change so that the field holds `bits`.
struct BytesAt {
  u64 at; ///< in the node's space
  Bytes bytes;
};
std::vector<BytesAt> scatter(const Node &node, const Field &field, const Bits &bits, u64 index = 0);

/// The ranges of the node's space that hold the field's bits, in bytes.
std::vector<Extent> ranges_of(const Node &node, const Field &field, u64 index = 0);

Value decode(ValueKind kind, const Bits &bits);

/// Misuse if the value does not fit in `width` bits or is of the wrong kind.
Bits encode(const Field &field, const Value &value, u64 width);

/// The field's value here; views are looked at.
Value value_of(const Node &node, const Field &field, u64 index = 0);

/// The number in the sibling row `name`; for edges and views. Damage if it cannot be read.
u64 number(const Node &node, std::string_view name);
i64 signed_number(const Node &node, std::string_view name);

/// For people: "16385", "0xaa55", "\"NTFS    \"", "2024-05-01T10:00:00Z"; bytes as hexadecimal digits.
std::string show(const Field &field, const Value &value);

/// The value's name, if the row has names for it: "ntfs", "hidden|system"; else empty.
std::string symbol(const Field &field, const Value &value);

/// The inverse of both, for what a person typed. Numbers may be decimal, hexadecimal (0x..), negative,
/// with a size unit (4KiB), or one of the row's names; text and hexadecimal digits as the kind asks.
Value parse_value(const Field &field, std::string_view text);

/// "4096", "0x1000", "4KiB", "500MB" -> a number. Misuse says what was expected.
u64 parse_number(std::string_view text);

/// UTF-16LE bytes to WTF-8 and back: unpaired surrogates survive.
std::string wtf8(std::span<const u8> utf16le);
Bytes utf16le(std::string_view wtf8);

} // namespace lab
