// SPDX-License-Identifier: GPL-2.0-or-later
//
// A field is a row of pure data: a name, a kind, where its bits are, when it is there, what it counts,
// and what it means. No code is needed to list, document, set or break it; the engine loops over rows.
//
// All formats here are little-endian. With bits numbered from the low end of the first byte, an integer,
// a nibble, a packed FAT12 entry, ten bits of cylinder borrowed from two bytes, and a long file name in
// three pieces are one thing: bits gathered from slices, low slice first.
#pragma once

#include <array>
#include <concepts>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace lab {

struct Node;
struct Edit;

/// What a field holds: an unsigned or signed number, text (as WTF-8), or bytes.
using Value = std::variant<u64, i64, std::string, Bytes>;

/// A number that is known when the structure is at hand: `mul` * (a sibling field) + `add`.
struct Num {
  const char *field = nullptr; ///< none: the number is `add`
  i64 mul = 0;
  i64 add = 0;

  constexpr Num() = default;
  template <std::integral T> constexpr Num(T constant) : add(static_cast<i64>(constant)) {}
  constexpr Num(const char *field, i64 mul = 1, i64 add = 0) : field(field), mul(mul), add(add) {}
  constexpr bool constant() const { return field == nullptr; }
  constexpr Num times(i64 factor) const {
    Num product = *this;
    product.mul *= factor;
    product.add *= factor;
    return product;
  }
};

/// Some bits: the first one's number, counted from the start of the structure, and how many.
struct Slice {
  Num at;
  Num width;
};

enum class ValueKind : u8 { uint, sint, text, utf16, bytes, guid, filetime, dos_date, dos_time };

/// A named value of an enumeration, or a named bit mask of a flags word.
struct Name {
  u64 value;
  const char *name;
};

/// The names of a field's values. `flags`: the names are masks that are combined with `|`.
struct Names {
  const Name *rows = nullptr;
  size_t count = 0;
  bool flags = false;
};
template <size_t N> constexpr Names one_of(const Name (&rows)[N]) { return {rows, N, false}; }
template <size_t N> constexpr Names flags_of(const Name (&rows)[N]) { return {rows, N, true}; }

/// Present only if the sibling `field` equals `value`.
struct When {
  const char *field = nullptr;
  u64 value = 0;
};

struct Field {
  const char *name = "";
  ValueKind kind = ValueKind::uint;
  std::array<Slice, 3> slices = {};
  int slice_count = 0; ///< 0: a view, computed by `look` and set through `edits`

  // An array: `count` elements, each `stride` bits after the one before. `to_the_end`: as many as fit.
  bool array = false;
  bool to_the_end = false;
  Num count = 1;
  Num stride = 0;

  When when = {};
  const char *unit = "";  ///< what the number counts: "cluster", "sector", "byte" ...
  const char *meaning = "";
  const char *spec = "";  ///< the specification's own name
  Names names = {};
  bool alias = false;     ///< shares bits with another row, on purpose
  bool reserved = false;  ///< no meaning in the specification; skipped by `inspect` while zero
  bool unchecked = false; ///< no known tool looks at it; skipped by sweeps
  bool per_copy = false;  ///< differs between a structure and its copy, by design
  bool base16 = false;    ///< a pattern of bits rather than an amount: shown in hexadecimal

  Value (*look)(const Node &) = nullptr;
  std::vector<Edit> (*edits)(const Node &, const Value &) = nullptr;

  constexpr bool is_view() const { return slice_count == 0; }

  constexpr Field doc(const char *text) const { Field f = *this; f.meaning = text; return f; }
  constexpr Field to(const char *what) const { Field f = *this; f.unit = what; return f; }
  constexpr Field called(const char *name_in_spec) const { Field f = *this; f.spec = name_in_spec; return f; }
  constexpr Field with(Names values) const { Field f = *this; f.names = values; return f; }
  constexpr Field if_(const char *field, u64 value) const { Field f = *this; f.when = {field, value}; return f; }
  constexpr Field as(ValueKind other) const { Field f = *this; f.kind = other; return f; }
  constexpr Field aliased() const { Field f = *this; f.alias = true; return f; }
  constexpr Field not_checked() const { Field f = *this; f.unchecked = true; return f; }
  constexpr Field own_in_each_copy() const { Field f = *this; f.per_copy = true; return f; }
  constexpr Field in_hex() const { Field f = *this; f.base16 = true; return f; }
  constexpr Field times(Num elements) const {
    Field f = *this;
    f.array = true;
    f.count = elements;
    f.stride = f.slices[0].width;
    return f;
  }
  constexpr Field many() const { Field f = times(0); f.to_the_end = true; return f; }
};

// The row makers. Offsets are bytes unless the name says bits.

constexpr Field row(const char *name, ValueKind kind, Slice a) {
  Field f;
  f.name = name;
  f.kind = kind;
  f.slices = {a, {}, {}};
  f.slice_count = 1;
  return f;
}
constexpr Slice part(Num at, Num bytes) { return {at.times(8), bytes.times(8)}; }

constexpr Field u8_(const char *name, Num at) { return row(name, ValueKind::uint, part(at, 1)); }
constexpr Field le16(const char *name, Num at) { return row(name, ValueKind::uint, part(at, 2)); }
constexpr Field le32(const char *name, Num at) { return row(name, ValueKind::uint, part(at, 4)); }
constexpr Field le64(const char *name, Num at) { return row(name, ValueKind::uint, part(at, 8)); }
constexpr Field le(const char *name, Num at, Num bytes) { return row(name, ValueKind::uint, part(at, bytes)); }
constexpr Field sle(const char *name, Num at, Num bytes) { return row(name, ValueKind::sint, part(at, bytes)); }
constexpr Field text(const char *name, Num at, Num bytes) { return row(name, ValueKind::text, part(at, bytes)); }
constexpr Field utf16(const char *name, Num at, Num bytes) { return row(name, ValueKind::utf16, part(at, bytes)); }
constexpr Field raw(const char *name, Num at, Num bytes) { return row(name, ValueKind::bytes, part(at, bytes)); }
constexpr Field guid(const char *name, Num at) { return row(name, ValueKind::guid, part(at, 16)); }
constexpr Field filetime(const char *name, Num at) { return row(name, ValueKind::filetime, part(at, 8)); }
constexpr Field bits(const char *name, Num first_bit, Num width) {
  return row(name, ValueKind::uint, Slice{first_bit, width});
}
/// One bit of a flags word that is a row of its own, too.
constexpr Field flag(const char *name, i64 byte, i64 bit) { return bits(name, byte * 8 + bit, 1).aliased(); }
/// Bytes without a meaning, so that a table covers its structure without a gap.
constexpr Field reserved(const char *name, Num at, Num bytes) {
  Field f = raw(name, at, bytes);
  f.reserved = true;
  f.meaning = "reserved, expected to be zero";
  return f;
}
constexpr Field join(const char *name, ValueKind kind, Slice a, Slice b) {
  Field f = row(name, kind, a);
  f.slices[1] = b;
  f.slice_count = 2;
  return f;
}
constexpr Field join(const char *name, ValueKind kind, Slice a, Slice b, Slice c) {
  Field f = join(name, kind, a, b);
  f.slices[2] = c;
  f.slice_count = 3;
  return f;
}
/// A computed field. Without `edits` it is read-only.
constexpr Field view(const char *name, Value (*look)(const Node &),
                     std::vector<Edit> (*edits)(const Node &, const Value &) = nullptr,
                     ValueKind kind = ValueKind::uint) {
  Field f;
  f.name = name;
  f.kind = kind;
  f.look = look;
  f.edits = edits;
  return f;
}

} // namespace lab
