// SPDX-License-Identifier: GPL-2.0-or-later
//
// The volume's name stands in two places: in the boot sector, and in the root directory as the name of
// an entry that is no file. They are written together when the volume is formatted. Later Windows
// changes the second only, so drivers believe that one, and checkers complain where they differ.
//
// Specification: fatgen103, BS_VolLab and ATTR_VOLUME_ID.
#include "formats/fat/fat.h"

namespace lab {

constexpr Field label_fields[] = {
    text("text", 0, 11).called("BS_VolLab, DIR_Name").doc("the volume's name, filled with spaces"),
};

constexpr Struct fat_label_struct = {"fat.label",
                                     "the volume's label, in one of its two places",
                                     11,
                                     label_fields,
                                     {},
                                     {},
                                     {},
                                     {},
                                     "fatgen103, Microsoft 2000"};
static_assert(sound(fat_label_struct));

static std::optional<Listed> label_entry(const Node &volume, const Space &root) {
  std::optional<Listed> found;
  each_listed(root, fat_facts(volume).width, [&](const Listed &entry) {
    if (entry.is_label()) found = entry;
    return !found;
  });
  return found;
}

std::string label_of(const Node &volume) {
  std::optional<Listed> entry = label_entry(volume, *root_directory(volume).space);
  return entry ? entry->label : "";
}

std::optional<Node> find_boot_label(const Node &volume, const Key &) {
  return child(volume, fat_label_struct, "label_in_boot", fat_facts(volume).width == 32 ? 0x47 : 0x2b);
}

std::optional<Node> find_root_label(const Node &volume, const Key &) {
  ChainSpace root = root_directory(volume);
  std::optional<Listed> entry = label_entry(volume, *root.space);
  if (!entry && root.damage) throw *root.damage;
  if (!entry) return std::nullopt;
  return child(volume, fat_label_struct, "label_in_root", root.space, entry->at);
}

} // namespace lab
