// SPDX-License-Identifier: GPL-2.0-or-later
//
// Values for people. The number, its name and its time are three answers that are never glued into one,
// so a program can take the one it wants.
#include <chrono>

#include <fmt/format.h>

#include "schema/value.h"

namespace lab {

namespace {

/// A surrogate without its other half is three bytes that are no UTF-8: 0xed, then 0xa0 or more (WTF-8, 4.3).
bool is_surrogate(const std::string &text, size_t at) {
  return at + 2 < text.size() && static_cast<u8>(text[at]) == 0xed && static_cast<u8>(text[at + 1]) >= 0xa0;
}

/// In UTF-8, whatever the text holds.
std::string quoted(const std::string &text) {
  std::string result = "\"";
  for (size_t i = 0; i < text.size(); i++) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    if (is_surrogate(text, i)) {
      result += fmt::format("\\u{:04x}", 0xd000 | (text[i + 1] & 0x3f) << 6 | (text[i + 2] & 0x3f));
      i += 2;
    } else if (c == '"' || c == '\\') result += fmt::format("\\{}", static_cast<char>(c));
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
  if (seconds_since >= 253402300800) return "after the year 9999"; // std::chrono::year ends at 32767
  sys_days day = floor<days>(sys_seconds(seconds(seconds_since)));
  year_month_day date(day);
  hh_mm_ss time(sys_seconds(seconds(seconds_since)) - day);
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

} // namespace lab
