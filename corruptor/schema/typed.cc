// SPDX-License-Identifier: GPL-2.0-or-later
//
// Values as a person types them: whatever `get` prints can be given back to `set`.
#include <chrono>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

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

/// The text between the quotes that `get` prints, with its escapes undone.
static std::string unquoted(std::string_view text) {
  return parse_path(fmt::format("text[{}]", text)).steps[0].key.name;
}

/// A date or time as `get` prints it, in the units of its kind; none if it is not written so.
static std::optional<u64> typed_time(ValueKind kind, std::string_view text) {
  using namespace std::chrono;
  std::string copy(text);
  unsigned y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, ticks = 0;
  int used = -1;
  switch (kind) {
  case ValueKind::filetime: {
    std::sscanf(copy.c_str(), "%4u-%2u-%2uT%2u:%2u:%2u.%7uZ%n", &y, &mo, &d, &h, &mi, &s, &ticks, &used);
    if (used != static_cast<int>(text.size())) return std::nullopt;
    year_month_day date{year(static_cast<int>(y)), month(mo), day(d)};
    if (!date.ok() || y < 1601 || h > 23 || mi > 59 || s > 59) throw Misuse(fmt::format("'{}' is no time since 1601", text));
    i64 since = duration_cast<seconds>(sys_days(date) - sys_days(year(1601) / 1 / 1)).count();
    return (static_cast<u64>(since) + h * 3600 + mi * 60 + s) * 10000000 + ticks;
  }
  case ValueKind::dos_date:
    std::sscanf(copy.c_str(), "%4u-%2u-%2u%n", &y, &mo, &d, &used);
    if (used != static_cast<int>(text.size())) return std::nullopt;
    if (y < 1980 || y > 2107 || mo > 15 || d > 31) throw Misuse(fmt::format("'{}' does not fit: years are 1980 to 2107", text));
    return (y - 1980) << 9 | mo << 5 | d;
  case ValueKind::dos_time:
    std::sscanf(copy.c_str(), "%2u:%2u:%2u%n", &h, &mi, &s, &used);
    if (used != static_cast<int>(text.size())) return std::nullopt;
    if (h > 31 || mi > 63 || s > 62) throw Misuse(fmt::format("'{}' is no time of day", text));
    return h << 11 | mi << 5 | s / 2;
  default: return std::nullopt;
  }
}

Value parse_value(const Field &field, std::string_view text) {
  switch (field.kind) {
  case ValueKind::text:
  case ValueKind::utf16: return text.size() >= 2 && text.starts_with('"') && text.ends_with('"') ? unquoted(text) : std::string(text);
  case ValueKind::guid: return std::string(text);
  case ValueKind::bytes: return unhex(text);
  default: break;
  }
  if (std::optional<u64> named = named_value(field.names, text)) return *named;
  if (std::optional<u64> time = typed_time(field.kind, text)) return *time;
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

} // namespace lab
