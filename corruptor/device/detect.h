// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which format an image file has, and which other files it names. QEMU could guess too, but what it
// guesses about a raw disk is up to whoever wrote that disk's first sector; so it is always told.
#pragma once

#include <string>

namespace lab {

/// One of raw, qcow2, vmdk, vdi, vhdx, vpc, by the file's own signature; raw if it has none.
std::string detect_format(const std::string &path);

/// Misuse unless `format` is one of the six, and, but for raw, the file's own.
void check_format(const std::string &path, const std::string &format);

/// Refused if the image, or one that it is made of, names a file outside the image's own folder. An
/// image from elsewhere could otherwise show, or change, any file of this machine.
void check_references(const std::string &path, const std::string &format);

} // namespace lab
