// SPDX-License-Identifier: GPL-2.0-or-later
//
// The compression units of a compressed stream.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// The units of the stream that the attribute begins, as children `unit[n]`; none if it is not compressed.
void each_unit(const Node &attribute, const Visit &visit);

} // namespace lab::ntfs
