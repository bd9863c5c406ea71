// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arithmetic on values that were read from a disk. A damaged $MFT cluster number times the cluster
// size can wrap around to an address that exists and even holds an $MFT; so no sum or product of
// such values is ever taken with plain operators.
#pragma once

#include "base/error.h"

namespace lab {

/// a + b, or Damage "`what` does not fit in 64 bits" at `at`.
inline u64 checked_add(u64 a, u64 b, const char *what, u64 at = 0) {
  u64 sum;
  if (__builtin_add_overflow(a, b, &sum)) throw Damage(std::string(what) + " does not fit in 64 bits", at);
  return sum;
}

/// a * b, or Damage "`what` does not fit in 64 bits" at `at`.
inline u64 checked_mul(u64 a, u64 b, const char *what, u64 at = 0) {
  u64 product;
  if (__builtin_mul_overflow(a, b, &product))
    throw Damage(std::string(what) + " does not fit in 64 bits", at);
  return product;
}

} // namespace lab
