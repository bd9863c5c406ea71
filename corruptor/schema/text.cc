// SPDX-License-Identifier: GPL-2.0-or-later
//
// Values for people: how they are shown and how they are typed. The number, its name and its time are
// three answers that are never glued into one, so a program can take the one it wants.
#include <chrono>
#include <cstring>

#include <fmt/format.h>

#include "base/checked.h"
#include "schema/path.h"

namespace lab {

namespace {

struct Suffix {
  const char *text;
  u64 factor;
};
constexpr Suffix suffixes[] = {
    {"KiB", u64{1} << 10}, {"MiB", u64{1} << 20}, {"GiB", u64{1} << 30}, {"TiB", u64{1} << 40}, {"K", u64{1} << 10},
    {"M", u64{1} << 20},   {"G", u64{1} << 30},   {"T", u64{1} << 40},   {"kB", 1000},          {"MB", 1000000},
    {"GB", 1000000000},    {"TB", 1000000000000}, {"B", 1},
};

std::string quoted(const std::string &text) {
  std::string result = "\"";
  for (unsigned char c : text) {
    if (c == '"' || c == '\\') result += fmt::format("\\{}", static_cast<char>(c));
    else if (c < 0x20 || c == 0x7f) result += fmt::format("\\x{:02x}", c);
    else result += static_cast<char>(c);
  }
  return result + "\"";
}

/// Text rows are bytes of an unknown code page: what is not ASCII is shown as \xNN.
std::string quoted_bytes(const std::string &text) {
  std::string result = "\"";
  for (unsigned char c : text) {
    if (c == '"' || c == '\\') result += fmt::format("\\{}", static_cast<char>(c));
    else if (c < 0x20 || c >= 0x7f) result += fmt::format("\\x{:02x}", c);
    else result += static_cast<char>(c);
  }
  return result + "\"";
}

/// FILETIME counts 100 ns from 1601-01-01, 11644473600 s before 1970 (MS-DTYP 2.3.3).
std::string filetime_text(u64 ticks) {
  using namespace std::chrono;
  if (ticks == 0) return "never";
  i64 seconds_since = static_cast<i64>(ticks / 10000000) - 11644473600;
  sys_days day = floor<days>(sys_seconds(seconds(seconds_since)));
  year_month_day date(day);
  hh_mm_ss time(sys_seconds(seconds(seconds_since)) - day);
  if (static_cast<int>(date.year()) > 9999) return "after the year 9999";
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), ticks % 10000000);
}

std::string flag_names(const Names &names, u64 number) {
  std::string result;
  for (size_t i = 0; i < names.count; i++) {
    if (names.rows[i].value == 0 || (number & names.rows[i].value) != names.rows[i].value) continue;
    result += (result.empty() ? "" : "|") + std::string(names.rows[i].name);
    number &= ~names.rows[i].value;
  }
  if (number && !result.empty()) result += fmt::format("|0x{:x}", number);
  return result;
}

} // namespace

u64 parse_number(std::string_view text) {
  std::string digits(text);
  u64 factor = 1;
  bool hexadecimal = digits.starts_with("0x") || digits.starts_with("0X");
  if (!hexadecimal) {
    for (const Suffix &suffix : suffixes)
      if (digits.ends_with(suffix.text)) {
        factor = suffix.factor;
        digits.resize(digits.size() - std::strlen(suffix.text));
        while (digits.ends_with(' ')) digits.pop_back();
        break;
      }
    if (digits.size() > 1 && digits[0] == '0')
      throw Misuse(fmt::format("'{}' is ambiguous: write it without the leading zero, or as 0x...", text));
  }
  std::string_view rest = std::string_view(digits).substr(hexadecimal ? 2 : 0);
  u64 result = 0;
  if (rest.empty()) throw Misuse(fmt::format("'{}' is no number; expected like 4096, 0x1000 or 4KiB", text));
  for (char c : rest) {
    int digit = c >= '0' && c <= '9'                  ? c - '0'
                : hexadecimal && c >= 'a' && c <= 'f' ? c - 'a' + 10
                : hexadecimal && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                      : -1;
    if (digit < 0) throw Misuse(fmt::format("'{}' is no number; expected like 4096, 0x1000 or 4KiB", text));
    if (__builtin_mul_overflow(result, hexadecimal ? u64{16} : u64{10}, &result) ||
        __builtin_add_overflow(result, static_cast<u64>(digit), &result))
      throw Misuse(fmt::format("'{}' does not fit in 64 bits", text));
  }
  if (__builtin_mul_overflow(result, factor, &result)) throw Misuse(fmt::format("'{}' does not fit in 64 bits", text));
  return result;
}

std::string show(const Field &field, const Value &value) {
  if (const std::string *text = std::get_if<std::string>(&value))
    return field.kind == ValueKind::text ? quoted_bytes(*text) : quoted(*text);
  if (const Bytes *bytes = std::get_if<Bytes>(&value)) {
    if (bytes->size() <= 32) return hex(*bytes);
    return hex(std::span(*bytes).first(8)) + fmt::format("... ({} bytes)", bytes->size());
  }
  if (const i64 *sint = std::get_if<i64>(&value)) return std::to_string(*sint);
  u64 number = std::get<u64>(value);
  return field.base16 || field.names.flags ? hex_offset(number) : std::to_string(number);
}

std::string symbol(const Field &field, const Value &value) {
  if (const std::string *text = std::get_if<std::string>(&value)) {
    (void)text;
    return "";
  }
  if (std::holds_alternative<Bytes>(value)) return "";
  u64 number = std::holds_alternative<u64>(value) ? std::get<u64>(value) : static_cast<u64>(std::get<i64>(value));
  switch (field.kind) {
  case ValueKind::filetime: return filetime_text(number);
  case ValueKind::dos_date:
    return fmt::format("{:04}-{:02}-{:02}", 1980 + (number >> 9 & 0x7f), number >> 5 & 15, number & 31);
  case ValueKind::dos_time: return fmt::format("{:02}:{:02}:{:02}", number >> 11 & 31, number >> 5 & 63, (number & 31) * 2);
  default: break;
  }
  if (field.names.flags) return flag_names(field.names, number);
  for (size_t i = 0; i < field.names.count; i++)
    if (field.names.rows[i].value == number) return field.names.rows[i].name;
  return "";
}

static std::optional<u64> named_value(const Names &names, std::string_view text) {
  u64 result = 0;
  while (true) {
    size_t bar = names.flags ? text.find('|') : std::string_view::npos;
    std::string_view one = text.substr(0, bar);
    bool found = false;
    for (size_t i = 0; i < names.count && !found; i++)
      if (one == names.rows[i].name) {
        result |= names.rows[i].value;
        found = true;
      }
    if (!found) return std::nullopt;
    if (bar == std::string_view::npos) return result;
    text = text.substr(bar + 1);
  }
}

Value parse_value(const Field &field, std::string_view text) {
  switch (field.kind) {
  case ValueKind::text:
  case ValueKind::utf16:
  case ValueKind::guid: return std::string(text);
  case ValueKind::bytes: return unhex(text);
  default: break;
  }
  if (std::optional<u64> named = named_value(field.names, text)) return *named;
  bool negative = text.starts_with('-');
  try {
    u64 magnitude = parse_number(negative ? text.substr(1) : text);
    if (!negative) return magnitude;
    if (magnitude > u64{1} << 63) throw Misuse(fmt::format("'{}' does not fit in 64 bits", text));
    return static_cast<i64>(-magnitude);
  } catch (const Misuse &) {
    if (field.names.count == 0) throw;
    std::vector<std::string> known;
    for (size_t i = 0; i < field.names.count; i++) known.push_back(field.names.rows[i].name);
    std::string near = nearest(text, known);
    throw Misuse(fmt::format("'{}' is neither a number nor a name that {} knows{}", text, field.name,
                             near.empty() ? "" : "; nearest: " + near));
  }
}

std::string wtf8(std::span<const u8> utf16le) {
  std::string result;
  auto unit = [&](size_t i) { return static_cast<u32>(utf16le[2 * i] | utf16le[2 * i + 1] << 8); };
  size_t count = utf16le.size() / 2;
  for (size_t i = 0; i < count; i++) {
    u32 c = unit(i);
    if (c >= 0xd800 && c < 0xdc00 && i + 1 < count && unit(i + 1) >= 0xdc00 && unit(i + 1) < 0xe000)
      c = 0x10000 + ((c - 0xd800) << 10) + (unit(++i) - 0xdc00);
    if (c < 0x80) {
      result += static_cast<char>(c);
    } else if (c < 0x800) {
      result += {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    } else if (c < 0x10000) {
      result += {static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
                 static_cast<char>(0x80 | (c & 63))};
    } else {
      result += {static_cast<char>(0xf0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 63)),
                 static_cast<char>(0x80 | (c >> 6 & 63)), static_cast<char>(0x80 | (c & 63))};
    }
  }
  return result;
}

Bytes utf16le(std::string_view wtf8) {
  Bytes result;
  auto put = [&](u32 unit) {
    result.push_back(static_cast<u8>(unit));
    result.push_back(static_cast<u8>(unit >> 8));
  };
  for (size_t i = 0; i < wtf8.size();) {
    u8 lead = static_cast<u8>(wtf8[i]);
    size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (length == 0 || i + length > wtf8.size()) throw Misuse("text is not valid UTF-8");
    u32 c = length == 1 ? lead : lead & (0x7f >> length);
    for (size_t k = 1; k < length; k++) {
      u8 next = static_cast<u8>(wtf8[i + k]);
      if (next >> 6 != 2) throw Misuse("text is not valid UTF-8");
      c = c << 6 | (next & 63);
    }
    i += length;
    if (c >= 0x10000) {
      put(0xd800 + ((c - 0x10000) >> 10));
      put(0xdc00 + ((c - 0x10000) & 0x3ff));
    } else {
      put(c);
    }
  }
  return result;
}

} // namespace lab
