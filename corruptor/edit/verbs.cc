// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of verbs. Arithmetic is on the bits themselves, low end first, modulo their width: `add` of 1
// to a field that is all ones gives zero, as the hardware would.
#include "edit/verbs.h"

#include <fmt/format.h>

namespace lab {

namespace {

constexpr Argument to = {"to", Takes::value, true, "the new value: a number, a name of the field, or text"};
constexpr Argument by = {"by", Takes::number, true, "how much, may be negative"};
constexpr Argument with_mask = {"with", Takes::number, true, "the bits to invert, as a number"};
constexpr Argument with_bytes = {"with", Takes::hex, true, "hexadecimal digits, repeated as often as needed"};
constexpr Argument bit = {"bit", Takes::number, true, "which bit, from 0, the lowest"};
constexpr Argument from = {"from", Takes::path, true, "the place to copy from, of the same length"};
constexpr Argument donor = {"donor", Takes::path, false, "another image to copy from"};
constexpr Argument bytes = {"bytes", Takes::hex, true, "hexadecimal digits; what follows them stays"};

constexpr Argument set_arguments[] = {to};
constexpr Argument by_arguments[] = {by};
constexpr Argument xor_arguments[] = {with_mask};
constexpr Argument fill_arguments[] = {with_bytes};
constexpr Argument flip_arguments[] = {bit};
constexpr Argument copy_arguments[] = {from, donor};
constexpr Argument write_arguments[] = {bytes};

void clear_unused(Bits &bits) {
  if (bits.width % 8) bits.bytes.back() &= static_cast<u8>((1 << (bits.width % 8)) - 1);
}

/// A number, negative ones in two's complement, as wide as `width` asks.
Bits number_bits(const std::string &text, u64 width) {
  bool negative = text.starts_with('-');
  u64 magnitude = parse_number(negative ? std::string_view(text).substr(1) : text);
  Bits result{Bytes((width + 7) / 8), width};
  u64 low = negative ? -magnitude : magnitude;
  for (size_t i = 0; i < result.bytes.size(); i++)
    result.bytes[i] = i < 8 ? static_cast<u8>(low >> (8 * i)) : (negative && magnitude ? 0xff : 0);
  clear_unused(result);
  return result;
}

Bits sum_of(const Bits &a, const Bits &b) {
  Bits result = a;
  unsigned carry = 0;
  for (size_t i = 0; i < result.bytes.size(); i++) {
    carry += a.bytes[i] + b.bytes[i];
    result.bytes[i] = static_cast<u8>(carry);
    carry >>= 8;
  }
  clear_unused(result);
  return result;
}

Bits set_bits(const Bits &old, const Field *field, const Arguments &arguments, u64) {
  if (!field) throw Misuse("set needs a field; for a range use fill, write or copy");
  return encode(*field, parse_value(*field, arguments.at("to")), old.width);
}

Bits add_bits(const Bits &old, const Field *, const Arguments &arguments, u64) {
  return sum_of(old, number_bits(arguments.at("by"), old.width));
}

Bits subtract_bits(const Bits &old, const Field *, const Arguments &arguments, u64) {
  const std::string &by = arguments.at("by");
  return sum_of(old, number_bits(by.starts_with('-') ? by.substr(1) : "-" + by, old.width));
}

/// Numbers up to 64 bits, modulo their width. Misuse for a wider place, and for a factor below 1.
Bits scaled(const Bits &old, const Arguments &arguments, u64 (*scale)(u64 number, u64 by)) {
  u64 by = parse_number(arguments.at("by"));
  if (old.width > 64) throw Misuse(fmt::format("expected a number of at most 64 bits; found {} bits", old.width));
  if (by == 0) throw Misuse("expected a factor from 1 up; found 0");
  u64 number = 0;
  for (size_t i = old.bytes.size(); i-- > 0;) number = number << 8 | old.bytes[i];
  Bits result = old;
  number = scale(number, by);
  for (size_t i = 0; i < result.bytes.size(); i++) result.bytes[i] = static_cast<u8>(number >> 8 * i);
  clear_unused(result);
  return result;
}

Bits multiply_bits(const Bits &old, const Field *, const Arguments &arguments, u64) {
  return scaled(old, arguments, [](u64 number, u64 by) { return number * by; });
}

Bits divide_bits(const Bits &old, const Field *, const Arguments &arguments, u64) {
  return scaled(old, arguments, [](u64 number, u64 by) { return number / by; });
}

Bits xor_bits(const Bits &old, const Field *, const Arguments &arguments, u64) {
  Bits mask = number_bits(arguments.at("with"), old.width);
  for (size_t i = 0; i < mask.bytes.size(); i++) mask.bytes[i] ^= old.bytes[i];
  return mask;
}

Bits zero_bits(const Bits &old, const Field *, const Arguments &, u64) { return {Bytes(old.bytes.size()), old.width}; }

Bits one_bits(const Bits &old, const Field *, const Arguments &, u64) {
  Bits result{Bytes(old.bytes.size(), 0xff), old.width};
  clear_unused(result);
  return result;
}

Bits fill_bits(const Bits &old, const Field *, const Arguments &arguments, u64) {
  Bytes pattern = unhex(arguments.at("with"));
  if (pattern.empty()) throw Misuse("fill needs at least one byte in 'with'");
  Bits result = old;
  for (size_t i = 0; i < result.bytes.size(); i++) result.bytes[i] = pattern[i % pattern.size()];
  clear_unused(result);
  return result;
}

Bits flip_bit(const Bits &old, const Field *, const Arguments &arguments, u64) {
  u64 which = parse_number(arguments.at("bit"));
  if (which >= old.width) throw Misuse(fmt::format("bit {} is past the end: there are {} bits", which, old.width));
  Bits result = old;
  result.bytes[which / 8] ^= static_cast<u8>(1 << (which % 8));
  return result;
}

/// splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
u64 next_random(u64 &state) {
  u64 z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

Bits random_bits(const Bits &old, const Field *, const Arguments &, u64 random) {
  Bits result = old;
  do {
    for (u8 &byte : result.bytes) byte = static_cast<u8>(next_random(random) >> 56);
    clear_unused(result);
  } while (result == old); // damage must land, so the value that is there already is not drawn
  return result;
}

Bits write_bytes(const Bits &old, const Field *, const Arguments &arguments, u64) {
  Bytes data = unhex(arguments.at("bytes"));
  if (data.size() * 8 > old.width)
    throw Misuse(fmt::format("{} bytes do not fit in the {} of the place", data.size(), old.width / 8));
  Bits result = old;
  std::copy(data.begin(), data.end(), result.bytes.begin());
  return result;
}

constexpr Verb verbs[] = {
    {"set", "puts a value into a field", set_arguments, set_bits, "set: ntfs.boot.mft_lcn, to: 4"},
    {"add", "adds to what is there, modulo its width", by_arguments, add_bits, "add: ntfs.boot.mft_lcn, by: 2"},
    {"sub", "subtracts from what is there", by_arguments, subtract_bits, "sub: ntfs.boot.total_sectors, by: 8"},
    {"mul", "multiplies what is there, modulo its width", by_arguments, multiply_bits, "mul: ntfs.boot.total_sectors, by: 2"},
    {"div", "divides what is there", by_arguments, divide_bits, "div: ntfs.boot.total_sectors, by: 2"},
    {"xor", "inverts the bits of a mask", xor_arguments, xor_bits, "xor: mbr.signature, with: 0xffff"},
    {"zero", "clears every bit", {}, zero_bits, "zero: ntfs.boot"},
    {"ones", "sets every bit", {}, one_bits, "ones: fat32.boot"},
    {"fill", "repeats bytes", fill_arguments, fill_bits, "fill: fat32@0+16KiB, with: ff"},
    {"flip", "inverts one bit", flip_arguments, flip_bit, "flip: mbr.entry[1].type, bit: 0"},
    {"random", "other bits, the same ones for the same seed", {}, random_bits, "random: ntfs.boot.oem_id"},
    {"copy", "copies a place of the same length, as it was before any edit", copy_arguments, nullptr,
     "copy: fat32.fat[0], from: fat32.fat[1]"},
    {"write", "writes bytes", write_arguments, write_bytes, "write: mbr@0x1fe+2, bytes: 55aa"},
};

} // namespace

std::span<const Verb> all_verbs() { return verbs; }

const Verb *verb_named(std::string_view name) {
  for (const Verb &verb : verbs)
    if (name == verb.name) return &verb;
  return nullptr;
}

} // namespace lab
