// SPDX-License-Identifier: GPL-2.0-or-later
//
// What fuzzing and reading for it found, each told with the rows that it takes, on a seed image of tests/fuzz.
#include <sys/resource.h>

#include <gtest/gtest.h>

#include "device/overlay.h"
#include "formats/all.h"
#include "fuzz/seed.h"
#include "show/show.h"

namespace lab::fuzz {
namespace {

/// A seed with changes, which also counts how often it is read.
struct Disk : Space {
  explicit Disk(const std::string &name) : seed(read_seed(std::string(SEEDS) + "/" + name + ".seed")), overlay(seed.disk) {}

  u64 size() const override { return overlay.size(); }
  void read(u64 at, std::span<u8> out) const override {
    reads++;
    overlay.read(at, out);
  }
  std::vector<Extent> locate(u64 at, u64 length) const override { return overlay.locate(at, length); }
  std::optional<Extent> offset_of(u64 on_root) const override { return overlay.offset_of(on_root); }

  /// Sets a stored row of the disk as it was made.
  void set(const std::string &path, u64 value) {
    Target target = resolve(open_disk(seed.disk), parse_path(path));
    Extent place = extents_of(target).at(0);
    put(place.at, value, place.length);
  }
  void put(u64 at, u64 value, u64 length) {
    Bytes bytes;
    for (u64 i = 0; i < length; i++) bytes.push_back(static_cast<u8>(value >> (8 * i)));
    overlay.put(at, bytes, "");
  }

  Seed seed;
  Overlay overlay;
  mutable u64 reads = 0;
};

std::shared_ptr<Disk> disk(const std::string &seed) { return std::make_shared<Disk>(seed); }

Target at(const std::shared_ptr<Disk> &disk, const std::string &path) {
  return resolve(open_disk(disk), parse_path(path));
}

/// The Damage that ends a list.
std::string end_of(const Node &node, const std::string &edge) {
  try {
    edge_named(*node.type, edge)->each(node, [](const Node &) { return true; });
  } catch (const Damage &damage) {
    return damage.what();
  }
  return "";
}

bool contains(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

TEST(findings, an_attribute_neither_resident_nor_not_is_damage_and_does_not_hide_the_volume) {
  std::shared_ptr<Disk> image = disk("00-ntfs");
  image->set("ntfs.mft[0].data.non_resident", 2);
  EXPECT_EQ(at(image, "ntfs.boot").node.name, "boot");
  Node volume = at(image, "ntfs").node;
  ASSERT_FALSE(volume.notes.empty());
}

TEST(findings, extents_of_the_mft_that_gain_nothing_end_the_search_for_more) {
  std::shared_ptr<Disk> image = disk("00-ntfs");
  // Record 0 gets a list with one entry, in place of its name, and its own runs become none.
  Target name = resolve(open_disk(image->seed.disk), parse_path("ntfs.mft[0].attribute[1]"));
  u64 attribute = extents_of(name)[0].at, value = attribute + 0x18;
  image->put(attribute, 0x20, 4);
  for (u64 i = 0; i < 0x50; i += 8) image->put(value + i, 0, 8);
  image->put(attribute + 0x10, 0x20, 4); // bytes in the list
  image->put(value + 4, 0x20, 2);        // and in its only entry
  image->put(extents_of(resolve(open_disk(image->seed.disk), parse_path("ntfs.mft[0].data.run[0]")))[0].at, 0, 1);
  image->set("ntfs.mirror[0].magic", 0); // which would be believed instead
  at(image, "ntfs");
  EXPECT_LT(image->reads, 20000u);
}

TEST(findings, a_list_of_attributes_longer_than_any_driver_takes_is_not_read) {
  std::shared_ptr<Disk> image = disk("00-ntfs");
  std::string list = "ntfs.mft[\"/many\"].attribute[\"$ATTRIBUTE_LIST\"]";
  for (const char *row : {".data_size", ".initialized_size"}) image->set(list + row, 0x40001);
  Target run = resolve(open_disk(image->seed.disk), parse_path(list + ".run[0]"));
  u64 lcn = static_cast<u64>(signed_number(run.node, "step"));
  image->put(extents_of(run)[0].at, lcn << 24 | u64{1024} << 8 | 0x22, 6); // 1024 clusters, in two bytes
  Target record = resolve(open_disk(image), parse_path("ntfs.mft[83]"));
  EXPECT_TRUE(contains(end_of(record.node, "attribute_list"), "expected at most 262144")) << end_of(record.node, "attribute_list");
}

TEST(findings, the_entry_of_the_directory_above_leads_to_the_root) {
  std::shared_ptr<Disk> image = disk("02-fat12");
  EXPECT_EQ(disk_offset(at(image, "fat12.root.entry[1].entry[1].entry[0]").node),
            disk_offset(at(image, "fat12.root.entry[0]").node));
}

TEST(findings, directories_may_nest_deeper_than_the_stack) {
  std::shared_ptr<Disk> image = disk("04-fat32");
  Node volume = at(image, "fat32").node;
  auto number_of = [&](const char *row) { return number(volume, row); };
  u64 fat = number_of("fat_offset"), data = number_of("data_offset"), cluster = number_of("cluster_size");
  Bytes &bytes = image->seed.disk->bytes;
  auto put = [&](u64 at, u64 value, u64 length) {
    for (u64 i = 0; i < length; i++) bytes[at + i] = static_cast<u8>(value >> (8 * i));
  };
  for (u64 n = 100, first = 5; n < 5000; n++) {
    u64 entry = n == 100 ? number_of("root_offset") + 32 * first : data + (n - 3) * cluster;
    put(entry, 0x2020202020202044, 8); // "D"
    put(entry + 8, 0x10202020, 4);
    put(entry + 0x14, n >> 16, 2);
    put(entry + 0x1a, n & 0xffff, 2);
    put(fat + 4 * n, 0x0fffffff, 4);
  }
  EXPECT_TRUE(contains(end_of(at(image, "fat32").node, "file"), "deeper than 2048"));
}

TEST(findings, a_cluster_that_no_table_has_takes_no_memory) {
  std::shared_ptr<Disk> image = disk("04-fat32");
  image->set("fat32.boot.total_sectors_32", 0xffffffff);
  image->set("fat32.file[\"/B.BIN\"].first_cluster_high", 0xfff0);
  auto peak_kib = [] {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  Node file = at(image, "fat32.file[\"/B.BIN\"]").node;
  long before = peak_kib();
  EXPECT_TRUE(contains(end_of(file, "chain"), "no entry for cluster")) << end_of(file, "chain");
  EXPECT_LT(peak_kib() - before, 100 * 1024);
}

TEST(findings, a_time_past_the_year_9999_is_said_to_be_that) {
  constexpr Field time = filetime("time", 0).doc("a time");
  EXPECT_EQ(symbol(time, u64{40000 - 1601} * 31556952 * 10000000), "after the year 9999");
  EXPECT_EQ(symbol(time, u64{2650467743999999999}), "9999-12-31T23:59:59.9999999Z");
}

TEST(findings, text_that_is_no_utf_8_is_escaped_in_json) {
  for (const char *text : {"\xc1\x81", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"})
    EXPECT_NO_THROW(value_json(std::string(text)).dump()) << hex(std::span(reinterpret_cast<const u8 *>(text), 2));
  EXPECT_EQ(value_json(std::string("\xc2\x80 \xf4\x8f\xbf\xbf")).dump(), "\"\xc2\x80 \xf4\x8f\xbf\xbf\"");
}

} // namespace
} // namespace lab::fuzz
