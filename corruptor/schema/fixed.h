// SPDX-License-Identifier: GPL-2.0-or-later
//
// A row of a table, read straight from bytes in memory. The engine reads a field in a microsecond, with all that it may
// depend on; a walk over millions of structures has a few nanoseconds, and needs only rows at constant places. Where
// they are is still said once, in the table.
#pragma once

#include <bit>
#include <cstring>

#include "schema/struct.h"

namespace lab {

/// Readers look at eight bytes, whatever the field's width; so buffers have as many behind the structure's end.
constexpr size_t fixed_slack = 8;

class Fixed {
public:
  /// The row must have a constant place, be whole bytes, and 8 of them at most; logic_error otherwise.
  Fixed(const Struct &type, const char *name) {
    const Field *field = field_named(type, name);
    bool fits = field && field->slice_count == 1 && field->slices[0].at.constant() && field->slices[0].width.constant() &&
                field->slices[0].at.add % 8 == 0 && field->slices[0].width.add <= 64 && field->slices[0].width.add > 0;
    if (!fits) throw std::logic_error(std::string(type.name) + "." + name + " is no field at a constant place");
    at = static_cast<u64>(field->slices[0].at.add) / 8;
    mask = ~u64{0} >> (64 - field->slices[0].width.add);
  }

  u64 operator()(const u8 *structure) const {
    u64 value;
    std::memcpy(&value, structure + at, sizeof value);
    if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
    return value & mask;
  }

  u64 at = 0; ///< in bytes

private:
  u64 mask = 0;
};

} // namespace lab
