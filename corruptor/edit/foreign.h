// SPDX-License-Identifier: GPL-2.0-or-later
//
// Some things are best made by a tool that knows how: a file inside a volume, by the file system's own
// copier. The tool works on a throw-away overlay of the image, and what it wrote there becomes a part of
// the plan. So there is still one writer and one journal, and undo takes it back like any edit.
#pragma once

#include "device/overlay.h"

namespace lab {

struct ForeignTool {
  std::string image, format; ///< the image below, as the user named it
  Extent volume;             ///< the part of the disk that the tool sees as its device
  std::vector<std::string> argv; ///< {volume}, {source} and {target} are replaced
  Bytes source;              ///< content of the file that {source} names
  std::string target;
};

/// The image must not be open for writing meanwhile: QEMU's lock would keep the overlay out.
/// Runs the tool and puts every byte that it changed into `result`. IoError with the tool's own words
/// if it fails or takes longer than a minute.
void run_on_overlay(const ForeignTool &tool, const Space &disk, Overlay &result);

} // namespace lab
