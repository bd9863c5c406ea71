// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the fuzzer (tests/fuzz) does for hours, done for a second: each seed image is cut short, and single bytes of
// its structures are changed, and all of it is looked at. The same places in each run.
#include <gtest/gtest.h>

#include <random>

#include "device/mapped.h"
#include "device/overlay.h"
#include "fuzz/seed.h"
#include "fuzz/tour.h"

namespace lab::fuzz {
namespace {

constexpr Limits few = {.nodes = 1000, .children = 120, .every = 32};

void look_at(const Seed &seed, const SpacePtr &disk, const std::vector<Extent> &changed) {
  Node root = open_disk(disk);
  Tour tour(few);
  tour.changed = changed;
  tour.show(root);
  for (const std::string &path : seed.paths) tour.ask(root, path);
  tour.visit(root);
}

TEST(seeds, are_disks_that_have_what_their_paths_name) {
  for (const Seed &seed : read_seeds(SEEDS)) {
    SCOPED_TRACE(seed.name);
    Node root = open_disk(seed.disk);
    EXPECT_TRUE(root.notes.empty());
    EXPECT_FALSE(seed.paths.empty());
    for (const std::string &path : seed.paths) EXPECT_NO_THROW(resolve(root, parse_path(path))) << path;
  }
}

TEST(seeds, may_be_cut_anywhere) {
  for (const Seed &seed : read_seeds(SEEDS))
    for (u64 length : {u64{0}, u64{1}, u64{511}, u64{513}, seed.stored[seed.stored.size() / 2].at + 1, seed.disk->size() - 1}) {
      SCOPED_TRACE(seed.name + " cut to " + std::to_string(length));
      look_at(seed, slice_of(seed.disk, 0, length), {});
    }
}

TEST(seeds, may_have_any_byte_of_a_structure_changed) {
  std::minstd_rand random(1);
  for (const Seed &seed : read_seeds(SEEDS))
    for (int i = 0; i < 36; i++) {
      u64 at = seed.stored[random() % seed.stored.size()].at;
      Bytes byte = {static_cast<u8>(random() >> 8)};
      SCOPED_TRACE(seed.name + " with " + hex(byte) + " at " + hex_offset(at));
      auto overlay = std::make_shared<Overlay>(seed.disk);
      overlay->put(at, byte, "");
      look_at(seed, overlay, {{at, 1}});
    }
}

} // namespace
} // namespace lab::fuzz
