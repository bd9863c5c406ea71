// SPDX-License-Identifier: GPL-2.0-or-later
//
// A volume's files, as a driver lists them, and what they hold.
#pragma once

#include "formats/files.h"

namespace lab::ntfs {

/// Visits the record of each file and directory below the root, once for each name that is not for DOS alone, labelled with
/// its path; not the volume's own files. In the end Damage, if some may be missing.
void each_file(const Node &volume, const Visit &visit);

/// What a file's unnamed stream holds; none for a directory, and for what stands for another file.
std::optional<FileContent> file_content(const Node &record);

} // namespace lab::ntfs
