// SPDX-License-Identifier: GPL-2.0-or-later
//
// The test of all tables looks at structures of constant size. Here are those whose size is the volume's
// business: the boot regions' sectors, for each size that a sector may have; and the two sums of exFAT,
// against what mkfs.exfat 1.2.0 wrote.
#include "formats/exfat/tables.h"
#include "volume.h"

namespace lab::exfat_test {
namespace {

/// How many rows each byte of [0, size) has, those that share left out.
std::vector<int> rows_on_each_byte(const Node &node, u64 size) {
  std::vector<int> rows(size);
  for (const Field &field : node.type->fields) {
    if (field.alias || field.is_view()) continue;
    for (u64 element = 0; element < element_count(node, field); element++)
      for (const Extent &range : ranges_of(node, field, element))
        for (u64 at = range.at; at < range.end(); at++) rows.at(at - node.at)++;
  }
  return rows;
}

TEST(exfat_tables, the_boot_regions_sectors_are_tiled) {
  Node root = Volume().open();
  for (const char *path : {"exfat.boot.extended[1]", "exfat.boot.reserved_sector"}) {
    Node node = at(root, path).node;
    EXPECT_EQ(rows_on_each_byte(node, 512), std::vector<int>(512, 1)) << path;
  }
  std::vector<int> region = rows_on_each_byte(at(root, "exfat.boot").node, 12 * 512);
  for (u64 at = 0; at < region.size(); at++)
    EXPECT_EQ(region[at], at < 512 || at >= 11 * 512 ? 1 : 0) << "byte " << at; // the rest are its children's
  std::vector<int> oem = rows_on_each_byte(at(root, "exfat.boot.oem").node, 512);
  for (u64 at = 0; at < oem.size(); at++)
    EXPECT_EQ(oem[at], at < 480 ? 0 : 1) << "byte " << at; // ten records first
}

TEST(exfat_tables, a_record_of_flash_parameters_is_known_by_its_guid) {
  Volume volume;
  EXPECT_EQ(children(at(volume.open(), "exfat.boot.oem").node, "record").nodes.size(), 0u)
      << "mkfs.exfat writes 0xff";
  set(*volume.disk, volume.open(), "exfat.boot.oem.record[3].type",
      std::string("0A0C7E46-3399-4021-90C8-FA6D389C4BA2"));
  EXPECT_EQ(path_of(at(volume.open(), "exfat.boot.oem.flash").node), "exfat.boot.oem.record[3]");
  EXPECT_EQ(get_number(volume.open(), "exfat.boot.oem.record[3].erase_block_size"), 0xffffffffu);
  EXPECT_EQ(children(at(volume.open(), "exfat.boot.oem").node, "record").nodes.size(), 1u);
}

TEST(exfat_tables, entries_are_known_by_their_first_byte_used_or_deleted) {
  Volume volume;
  const std::pair<u8, const char *> kinds[] = {
      {0x81, "exfat.bitmap_entry"},      {0x82, "exfat.upcase_entry"},
      {0x83, "exfat.label_entry"},       {0xa0, "exfat.volume_guid"},
      {0xa1, "exfat.padding"},           {0xc0, "exfat.stream"},
      {0xc1, "exfat.name_part"},         {0xe0, "exfat.vendor"},
      {0xe1, "exfat.vendor_allocation"}, {0xe2, "exfat.acl"},
      {0x85, "exfat.file_entry"},        {0xbf, "exfat.primary_entry"},
      {0xff, "exfat.secondary_entry"}};
  for (const auto &[type, name] : kinds)
    for (u8 deleted : {0, 0x80}) {
      volume.write(volume.place(root_cluster) + 20 * 32, {static_cast<u8>(type & ~deleted)});
      Target entry = at(volume.open(), "exfat.root.entry[20].type_code");
      EXPECT_STREQ(entry.node.type->name, name);
      EXPECT_EQ(get_number(entry.node, "type_code"), type & 0x1fu);
      EXPECT_EQ(get_number(entry.node, "type_importance"), type >> 5 & 1u);
      EXPECT_EQ(get_number(entry.node, "type_category"), type >> 6 & 1u);
      EXPECT_EQ(get_number(entry.node, "in_use"), deleted ? 0u : 1u);
    }
  EXPECT_STREQ(at(volume.open(), "exfat.root.entry[30]").node.type->name, "exfat.end_entry");
}

TEST(exfat_tables, a_volume_guid_seals_itself) {
  Volume volume;
  Bytes entry(32);
  entry[0] = 0xa0, entry[6] = 0x12;
  put_le(entry, 2, exfat_entry_set_sum(entry), 2);
  volume.write(volume.place(root_cluster) + 15 * 32, entry);
  Node node = at(volume.open(), "exfat.volume_guid").node;
  ASSERT_EQ(node.type->seals.size(), 1u);
  EXPECT_EQ(node.type->seals[0].sum(node), get_number(node, "set_checksum"));
  std::string said = volume.output_of("fsck.exfat -n");
  EXPECT_TRUE(said.find("clean. directories 2, files 4") != std::string::npos) << said;
}

TEST(exfat_tables, a_second_fat_and_bitmap_are_named_where_there_are_two) {
  Volume volume;
  Node root = volume.open();
  set(*volume.disk, root, "exfat.boot.number_of_fats", u64{2});
  Bytes entry(32);
  entry[0] = 0x81, entry[1] = 1;
  put_le(entry, 20, 13, 4);
  put_le(entry, 24, 400, 8);
  volume.write(volume.place(root_cluster) + 15 * 32, entry);
  volume.set_link(13, 0xffffffff);
  root = volume.open();
  u64 fat_bytes = get_number(root, "exfat.boot.fat_bytes");
  EXPECT_EQ(extents_of(at(root, "exfat.fat_2[5].next"))[0], (Extent{volume.fat_at + fat_bytes + 20, 4}));
  EXPECT_EQ(extents_of(at(root, "exfat.table[1]"))[0], (Extent{volume.fat_at + fat_bytes, fat_bytes}));
  EXPECT_EQ(extents_of(at(root, "exfat.bitmap_2"))[0], (Extent{volume.place(13), 400}));
  EXPECT_EQ(extents_of(at(root, "exfat.bitmap"))[0].at, volume.place(2));
  EXPECT_EQ(copies_of(root, parse_path("exfat.fat[5].next"))[0].text, "exfat.fat_2[5].next");
}

TEST(exfat_tables, sums_are_those_of_the_specification) {
  Bytes name = utf16le("README.TXT");
  EXPECT_EQ(exfat_name_hash(name), 0xeb26) << "as fsck.exfat accepts it for readme.txt";
  EXPECT_EQ(exfat_upcase_sum(Bytes{1, 0, 0, 0}), 0x20000000u);
  Volume volume;
  EXPECT_EQ(exfat_upcase_sum(bytes_at(*volume.disk, volume.place(3), 5836)), 0xe619d30du);
}

} // namespace
} // namespace lab::exfat_test
