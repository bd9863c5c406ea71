// SPDX-License-Identifier: GPL-2.0-or-later
//
// Gather and scatter: the only code that knows where a field's bits are. Everything is little-endian,
// so bit i of a slice is bit (at + i) of the bytes, counted from the low end of byte 0, and the slices
// of a field follow one another.
#include <algorithm>

#include "base/checked.h"
#include "schema/value.h"

namespace lab {

namespace {

/// No row is wider than this: a limit for what a damaged length can make us read at once.
/// 64 KiB is the largest attribute value that fits in any FILE record or index block.
constexpr u64 widest_field = 64 * 1024 * 8;

struct Place_in_bits {
  u64 at;
  u64 width;
};

u64 number_of(const Node &node, const Field &field, const Num &num) {
  i64 result = num.add;
  if (!num.constant()) {
    i64 sibling = static_cast<i64>(number(node, num.field));
    i64 product;
    if (__builtin_mul_overflow(sibling, num.mul, &product) || __builtin_add_overflow(product, num.add, &result))
      damaged(node, 0, std::string(field.name) + " lies where " + num.field + " says, beyond 64 bits");
  }
  if (result < 0) damaged(node, 0, std::string(num.field) + " places " + field.name + " before its structure");
  return static_cast<u64>(result);
}

std::vector<Place_in_bits> places(const Node &node, const Field &field, u64 index) {
  std::vector<Place_in_bits> found;
  u64 total = 0;
  for (int i = 0; i < field.slice_count; i++) {
    u64 at = number_of(node, field, field.slices[i].at);
    u64 width = number_of(node, field, field.slices[i].width);
    if (field.array) at = checked_add(at, checked_mul(index, number_of(node, field, field.stride), field.name), field.name);
    total = checked_add(total, width, field.name);
    if (total > widest_field)
      damaged(node, at / 8, std::string(field.name) + " would be " + human_size(total / 8) + ", expected at most 64 KiB");
    found.push_back({at, width});
  }
  return found;
}

Extent bytes_around(const Node &node, Place_in_bits place) {
  u64 first = place.at / 8;
  u64 last = (place.at + place.width + 7) / 8;
  return {checked_add(node.at, first, "offset"), last - first};
}

} // namespace

bool present(const Node &node, const Field &field, u64 index) {
  if (field.when.field && number(node, field.when.field) != field.when.value) return false;
  return index < element_count(node, field);
}

u64 element_count(const Node &node, const Field &field) {
  if (!field.array) return 1;
  if (!field.to_the_end) return number_of(node, field, field.count);
  u64 stride = number_of(node, field, field.stride);
  u64 start = number_of(node, field, field.slices[0].at);
  u64 bits_here = checked_mul(size_of(node), 8, "size");
  u64 width = number_of(node, field, field.slices[0].width);
  return stride == 0 || bits_here < start || bits_here - start < width ? 0 : (bits_here - start - width) / stride + 1;
}

std::vector<Extent> ranges_of(const Node &node, const Field &field, u64 index) {
  std::vector<Extent> ranges;
  for (Place_in_bits place : places(node, field, index))
    if (place.width > 0) ranges.push_back(bytes_around(node, place));
  return ranges;
}

static void require_presence(const Node &node, const Field &field, u64 index) {
  std::string path = path_of(node) + "." + field.name;
  if (field.when.field) {
    u64 found = number(node, field.when.field);
    if (found != field.when.value)
      throw Misuse(path + " exists only where " + field.when.field + " is " + std::to_string(field.when.value) +
                   "; here it is " + std::to_string(found));
  }
  u64 count = element_count(node, field);
  if (index >= count)
    throw Misuse(path + "[" + std::to_string(index) + "] is past the end: there are " + std::to_string(count));
}

Bits gather(const Node &node, const Field &field, u64 index) {
  require_presence(node, field, index);
  Bits result;
  for (Place_in_bits place : places(node, field, index)) {
    Extent range = bytes_around(node, place);
    Bytes bytes = bytes_at(*node.space, range.at, range.length);
    result.bytes.resize((result.width + place.width + 7) / 8);
    if (place.at % 8 == 0 && result.width % 8 == 0 && place.width % 8 == 0) {
      std::copy(bytes.begin(), bytes.end(), result.bytes.begin() + result.width / 8);
    } else {
      for (u64 i = 0; i < place.width; i++) {
        u64 from = place.at % 8 + i, to = result.width + i;
        if (bytes[from / 8] >> (from % 8) & 1) result.bytes[to / 8] |= 1 << (to % 8);
      }
    }
    result.width += place.width;
  }
  return result;
}

std::vector<BytesAt> scatter(const Node &node, const Field &field, const Bits &bits, u64 index) {
  require_presence(node, field, index);
  std::vector<BytesAt> result;
  u64 taken = 0;
  for (Place_in_bits place : places(node, field, index)) {
    Extent range = bytes_around(node, place);
    Bytes bytes = bytes_at(*node.space, range.at, range.length);
    for (u64 i = 0; i < place.width; i++) {
      u64 to = place.at % 8 + i, from = taken + i;
      bool bit = bits.bytes[from / 8] >> (from % 8) & 1;
      bytes[to / 8] = static_cast<u8>((bytes[to / 8] & ~(1 << (to % 8))) | (bit << (to % 8)));
    }
    taken += place.width;
    result.push_back({range.at, std::move(bytes)});
  }
  return result;
}

} // namespace lab
