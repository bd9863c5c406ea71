// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two kinds of names. The short one has eight and three bytes of some code page that the disk does not
// name; 437 is what DOS had in the US and what Linux assumes. The long one is UTF-16. FAT compares
// both without regard to case.
#include <clocale>
#include <cwctype>

#include "formats/fat/fat.h"
#include "schema/value.h"

namespace lab {

/// Code page 437 from 0x80 on.
static constexpr char16_t page_437[] =
    u"ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
    u"└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";
static_assert(std::size(page_437) == 129);

static std::u16string units_of(const std::string &text) {
  Bytes bytes = utf16le(text);
  std::u16string units;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2)
    units += static_cast<char16_t>(bytes[i] | bytes[i + 1] << 8);
  return units;
}

/// The same letters in every place that the program runs.
static locale_t unicode() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

std::u16string folded(const std::string &name) {
  std::u16string units = units_of(name);
  for (char16_t &unit : units)
    if (unit < 0xd800 || unit > 0xdfff) unit = static_cast<char16_t>(towupper_l(unit, unicode()));
  return units;
}

std::string oem_text(std::span<const u8> bytes) {
  while (!bytes.empty() && bytes.back() == ' ') bytes = bytes.first(bytes.size() - 1);
  Bytes units;
  for (u8 byte : bytes) {
    char16_t unit = byte < 0x80 ? byte : page_437[byte - 0x80];
    units.push_back(static_cast<u8>(unit));
    units.push_back(static_cast<u8>(unit >> 8));
  }
  return wtf8(units);
}

static std::string lower_if(bool lower, std::string text) {
  for (char &c : text)
    if (lower && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 'a' - 'A');
  return text;
}

std::string short_name_text(std::span<const u8> entry) {
  Bytes name(entry.begin(), entry.begin() + 11);
  if (name[0] == 0x05) name[0] = 0xe5; // since 0xe5 would mean deleted
  std::string base = lower_if(entry[0x0c] & 0x08, oem_text(std::span(name).first(8)));
  std::string extension = lower_if(entry[0x0c] & 0x10, oem_text(std::span(name).subspan(8)));
  return extension.empty() ? base : base + "." + extension;
}

} // namespace lab
