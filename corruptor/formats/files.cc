// SPDX-License-Identifier: GPL-2.0-or-later
//
// A byte does not know its file; all files together know it.
#include "formats/files.h"

namespace lab {

static std::shared_ptr<const FileOwners> all_owners(const FileSystem &files, const Node &volume) {
  auto owners = std::make_shared<FileOwners>();
  try {
    files.each_file(volume, [&](Node file) {
      owners->paths.push_back(file.label);
      files.places(file, [&](Extent extent) { owners->places.add(extent.at, extent.length, owners->paths.size() - 1); });
      return true;
    });
  } catch (const Damage &) {
    // directories that cannot be read list nothing
  }
  owners->places.finish();
  return owners;
}

void each_owner(const FileSystem &files, const Node &volume, std::shared_ptr<const FileOwners> &kept, u64 on_disk,
                const Visit &visit) {
  if (!kept) kept = all_owners(files, volume);
  kept->places.each(on_disk, [&](u64 number) {
    if (std::optional<Node> file = files.find_file(volume, {Key::text, 0, kept->paths[number]})) visit(std::move(*file));
  });
}

std::vector<std::string> components(const std::string &path) {
  std::vector<std::string> names;
  for (size_t start = 0; start <= path.size();) {
    size_t slash = std::min(path.find('/', start), path.size());
    if (slash > start) names.push_back(path.substr(start, slash - start));
    start = slash + 1;
  }
  return names;
}

} // namespace lab
