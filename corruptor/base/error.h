// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything that can go wrong is one of six kinds, and each kind is an exit code that a script
// can branch on. Damage is the image's fault and has a place; Misuse is the caller's.
#pragma once

#include <stdexcept>
#include <string>

#include "base/bytes.h"

namespace lab {

/// The kinds of error; the value is the program's exit code.
enum class Kind : int {
  misuse = 2,  ///< the request is wrong: unknown path, bad scenario, value out of range
  damage = 3,  ///< the image does not hold what the request needs
  refused = 4, ///< the request is right, but carrying it out would be unsafe
  partly = 5,  ///< stopped between the first write and the last; run apply or undo again
  io = 6,      ///< the operating system or the NBD server said no
};

class Error : public std::runtime_error {
 public:
  Error(Kind kind, const std::string &what) : std::runtime_error(what), kind(kind) {}
  Kind kind;
};

/// The image is not as its format says. `at` is the offset on the disk where that was seen.
class Damage : public Error {
 public:
  Damage(const std::string &what, u64 at) : Error(Kind::damage, what), at(at) {}
  u64 at;
};

class Misuse : public Error {
 public:
  explicit Misuse(const std::string &what) : Error(Kind::misuse, what) {}
};

class Refused : public Error {
 public:
  explicit Refused(const std::string &what) : Error(Kind::refused, what) {}
};

class PartlyApplied : public Error {
 public:
  explicit PartlyApplied(const std::string &what) : Error(Kind::partly, what) {}
};

class IoError : public Error {
 public:
  explicit IoError(const std::string &what) : Error(Kind::io, what) {}
};

} // namespace lab
