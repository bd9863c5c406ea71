// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bits to values and back, for every kind that the formats store. A number is unsigned unless the row
// says otherwise; text is one byte a character, UTF-16 goes through WTF-8 so that a damaged name's
// unpaired surrogates survive a round trip.
#include "schema/value.h"

#include <fmt/format.h>

#include "base/checked.h"

namespace lab {

namespace {

u64 low_bits(const Bits &bits) {
  u64 result = 0;
  for (size_t i = 0; i < bits.bytes.size() && i < 8; i++) result |= static_cast<u64>(bits.bytes[i]) << (8 * i);
  return result;
}

Bits bits_of(u64 number, u64 width) {
  Bits bits{Bytes((width + 7) / 8), width};
  for (size_t i = 0; i < bits.bytes.size() && i < 8; i++) bits.bytes[i] = static_cast<u8>(number >> (8 * i));
  if (width % 8) bits.bytes.back() &= static_cast<u8>((1 << (width % 8)) - 1);
  return bits;
}

/// A GUID's first three parts are little-endian, the other two are bytes in order.
constexpr int guid_order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

std::string guid_text(const Bytes &bytes) {
  std::string result;
  for (int i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) result += '-';
    result += fmt::format("{:02x}", bytes[guid_order[i]]);
  }
  return result;
}

Bytes guid_bytes(const std::string &text) {
  std::string digits;
  for (char c : text)
    if (c != '-' && c != '{' && c != '}') digits += c;
  Bytes in_order = unhex(digits), result(16);
  if (in_order.size() != 16)
    throw Misuse("'" + text + "' is no GUID; expected like ebd0a0a2-b9e5-4433-87c0-68b6b72699c7");
  for (int i = 0; i < 16; i++) result[guid_order[i]] = in_order[i];
  return result;
}

bool is_number(ValueKind kind) {
  return kind != ValueKind::text && kind != ValueKind::utf16 && kind != ValueKind::bytes && kind != ValueKind::guid;
}

Bits padded(Bytes bytes, u8 fill, const Field &field, u64 width) {
  if (bytes.size() * 8 > width)
    throw Misuse(fmt::format("{} holds {} bytes; the value has {}", field.name, width / 8, bytes.size()));
  bytes.resize(width / 8, fill);
  return {std::move(bytes), width};
}

} // namespace

Value decode(ValueKind kind, const Bits &bits) {
  switch (kind) {
  case ValueKind::sint: {
    u64 raw = low_bits(bits);
    if (bits.width == 0) return i64{0};
    u64 unused = 64 - std::min<u64>(bits.width, 64);
    return static_cast<i64>(raw << unused) >> unused;
  }
  case ValueKind::text: return std::string(bits.bytes.begin(), bits.bytes.end());
  case ValueKind::utf16: {
    size_t units = bits.bytes.size() / 2; // zeroes at the end only fill the field
    while (units > 0 && bits.bytes[2 * units - 1] == 0 && bits.bytes[2 * units - 2] == 0) units--;
    return wtf8(std::span(bits.bytes).first(2 * units));
  }
  case ValueKind::bytes: return bits.bytes;
  case ValueKind::guid: return bits.bytes.size() == 16 ? Value(guid_text(bits.bytes)) : Value(bits.bytes);
  case ValueKind::uint:
  case ValueKind::filetime:
  case ValueKind::dos_date:
  case ValueKind::dos_time: return low_bits(bits);
  }
  return low_bits(bits);
}

Bits encode(const Field &field, const Value &value, u64 width) {
  if (is_number(field.kind)) {
    u64 number;
    bool fits;
    if (const i64 *sint = std::get_if<i64>(&value)) {
      number = static_cast<u64>(*sint);
      bool negative_fits = width >= 64 || (width > 0 && *sint >= -(i64{1} << (width - 1)));
      u64 largest = field.kind == ValueKind::sint && width > 0 ? width - 1 : width;
      fits = *sint < 0 ? negative_fits : (largest >= 63 || number >> largest == 0);
    } else if (const u64 *uint = std::get_if<u64>(&value)) {
      number = *uint;
      u64 largest = field.kind == ValueKind::sint && width > 0 ? width - 1 : width;
      fits = largest >= 64 || number >> largest == 0;
    } else {
      throw Misuse(std::string(field.name) + " holds a number");
    }
    if (!fits)
      throw Misuse(fmt::format("{} does not fit in the {} bits of {}", show(field, value), width, field.name));
    return bits_of(number, width);
  }
  if (const Bytes *bytes = std::get_if<Bytes>(&value)) {
    if (bytes->size() * 8 != width)
      throw Misuse(fmt::format("{} holds {} bytes; the value has {}", field.name, width / 8, bytes->size()));
    return {*bytes, width};
  }
  const std::string *text = std::get_if<std::string>(&value);
  if (!text) throw Misuse(std::string(field.name) + " holds text or bytes, not a number");
  switch (field.kind) {
  case ValueKind::utf16: return padded(utf16le(*text), 0, field, width);
  case ValueKind::guid: return padded(guid_bytes(*text), 0, field, width);
  default: return padded(Bytes(text->begin(), text->end()), ' ', field, width);
  }
}

Value value_of(const Node &node, const Field &field, u64 index) {
  return field.is_view() ? field.look(node) : decode(field.kind, gather(node, field, index));
}

static const Field &known_field(const Node &node, std::string_view name) {
  const Field *field = field_named(*node.type, name);
  if (!field) throw std::logic_error(std::string(node.type->name) + " has no row " + std::string(name));
  return *field;
}

u64 number(const Node &node, std::string_view name) {
  const Field &field = known_field(node, name);
  // Nobody asked for a row that is not there: the code did, and it is the disk that contradicts itself.
  if (field.when.field)
    if (u64 found = number(node, field.when.field); found != field.when.value)
      damaged(node, 0, fmt::format("{} exists only where {} is {}; here it is {}", name, field.when.field,
                                   field.when.value, found));
  Value value = value_of(node, field);
  if (const u64 *uint = std::get_if<u64>(&value)) return *uint;
  if (const i64 *sint = std::get_if<i64>(&value)) return static_cast<u64>(*sint);
  throw std::logic_error(std::string(name) + " is no number");
}

i64 signed_number(const Node &node, std::string_view name) { return static_cast<i64>(number(node, name)); }

} // namespace lab
