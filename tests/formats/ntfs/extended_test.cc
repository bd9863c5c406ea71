// SPDX-License-Identifier: GPL-2.0-or-later
//
// Values that other systems than NTFS give a meaning: reparse points, extended attributes, the keys of EFS.
// ntfs-3g took them and ntfsinfo shows some of them.
#include "special.h"

namespace lab::ntfs_test {
namespace {

std::string said_of(const Volume &volume, const std::string &file) {
  return output_of({"ntfsinfo", "-v", "-F", file, volume.file});
}

TEST(ntfs_extended, a_symbolic_link_says_where_it_leads) {
  std::unique_ptr<Volume> volume = make_special_volume();
  Node ntfs = open_volume(volume->disk);
  std::string point = "ntfs.mft[\"/link\"].reparse_point";
  EXPECT_EQ(number_at(ntfs, point + ".tag"), 0xa000000cu);
  EXPECT_EQ(number_at(ntfs, point + ".name_surrogate"), 1u);
  EXPECT_EQ(text_at(ntfs, point + ".symlink.substitute_name"), "plain.txt");
  EXPECT_EQ(text_at(ntfs, point + ".symlink.print_name"), "plain");
  EXPECT_EQ(number_at(ntfs, point + ".symlink.flags"), 1u);
  EXPECT_TRUE(contains(said_of(*volume, "/link"), "0xa000000c"));
  EXPECT_TRUE(contains(thrown_by<Misuse>([&] { at(ntfs, point + ".mount_point"); }), "has no mount_point"));
}

TEST(ntfs_extended, a_mount_point_says_where_it_leads) {
  std::unique_ptr<Volume> volume = make_special_volume();
  Node ntfs = open_volume(volume->disk);
  std::string point = "ntfs.mft[\"/junction\"].reparse_point.mount_point";
  EXPECT_EQ(text_at(ntfs, point + ".substitute_name"), "\\??\\C:\\there");
  EXPECT_EQ(text_at(ntfs, point + ".print_name"), "C:\\there");
}

TEST(ntfs_extended, a_tag_of_another_company_has_its_guid_before_the_data) {
  std::unique_ptr<Volume> volume = make_special_volume();
  Node ntfs = open_volume(volume->disk);
  std::string point = "ntfs.mft[\"/own\"].reparse_point";
  EXPECT_EQ(number_at(ntfs, point + ".microsoft"), 0u);
  EXPECT_EQ(text_at(ntfs, point + ".owner"), "03020100-0504-0706-0809-0a0b0c0d0e0f");
  EXPECT_EQ(std::get<Bytes>(value_at(ntfs, point + ".data")), unhex("6f776e2064617461"));
  EXPECT_EQ(std::get<Bytes>(value_at(ntfs, "ntfs.mft[\"/lx\"].reparse_point.data")).size(), 13u);
}

TEST(ntfs_extended, all_reparse_points_are_in_the_index_of_them) {
  std::unique_ptr<Volume> volume = make_special_volume();
  Node ntfs = open_volume(volume->disk);
  std::map<u64, u64> tags;
  edge_named(*ntfs.type, "reparse_points")->each(ntfs, [&](Node entry) {
    Node key = *edge_named(*entry.type, "key")->find(entry, Key{});
    tags[number(key, "record")] = number(key, "tag");
    return true;
  });
  EXPECT_EQ(tags.size(), 4u);
  for (std::string file : {"/link", "/junction", "/lx", "/own"}) {
    std::string record = "ntfs." + keyed("mft", file);
    EXPECT_EQ(tags[number_at(ntfs, record + ".record_number")],
              number_at(ntfs, record + ".reparse_point.tag"))
        << file;
  }
}

TEST(ntfs_extended, an_object_id_leads_to_its_file) {
  std::unique_ptr<Volume> volume = make_special_volume();
  Node ntfs = open_volume(volume->disk);
  std::string entry = "ntfs.object_ids[0]";
  EXPECT_EQ(text_at(ntfs, entry + ".key.object_id"), "03020100-0504-0706-0809-0a0b0c0d0e0f");
  EXPECT_EQ(number_at(ntfs, entry + ".data.record"),
            number_at(ntfs, "ntfs.mft[\"/plain.txt\"].record_number"));
}

TEST(ntfs_extended, extended_attributes_are_shown_one_by_one_and_by_name) {
  std::unique_ptr<Volume> volume = make_special_volume();
  Node ntfs = open_volume(volume->disk);
  std::string file = "ntfs.mft[\"/ea.txt\"]";
  EXPECT_EQ(number_at(ntfs, file + ".ea[0].flags"), 0x80u);
  EXPECT_EQ(text_at(ntfs, file + ".ea[0].name"), "FIRST");
  EXPECT_EQ(std::get<Bytes>(value_at(ntfs, file + ".ea[\"SECOND\"].value")), unhex("7477656e74792d74776f"));
  EXPECT_EQ(number_at(ntfs, file + ".ea_information.needed"), 1u);
  EXPECT_EQ(number_at(ntfs, file + ".ea_information.packed_length"), (5 + 5 + 3) + (5 + 6 + 10));
  EXPECT_EQ(text_at(ntfs, file + ".attribute[\"$EA\"].value.entry[1].name"), "SECOND");
  std::string said = said_of(*volume, "/ea.txt");
  EXPECT_TRUE(contains(said, "EA flags:\t\t NEED_EA")) << said;
  EXPECT_TRUE(contains(said, "Packed EA length:\t 34 (0x22)")) << said;
  EXPECT_TRUE(contains(said, "'SECOND'")) << said;
}

TEST(ntfs_extended, an_extended_attribute_that_leads_nowhere_is_damage) {
  std::unique_ptr<Volume> volume = make_special_volume();
  set(*volume, "ntfs.mft[\"/ea.txt\"].ea[0].next_offset", u64{4});
  Node record = at(open_volume(volume->disk), "ntfs.mft[\"/ea.txt\"]").node;
  std::string error =
      thrown_by<Damage>([&] { edge_named(*record.type, "ea")->each(record, [](Node) { return true; }); });
  EXPECT_TRUE(contains(error, "next_offset is 4, expected 0 or 9 to")) << error;
}

TEST(ntfs_extended, an_encrypted_file_says_so_and_has_its_keys) {
  std::unique_ptr<Volume> volume = make_special_volume();
  Node ntfs = open_volume(volume->disk);
  std::string file = "ntfs.mft[\"/encrypted.bin\"]";
  EXPECT_EQ(number_at(ntfs, file + ".data.encrypted"), 1u);
  EXPECT_TRUE(contains(all_notes(at(ntfs, file + ".data.content").node), "encrypted by EFS"));
  EXPECT_EQ(number_at(ntfs, file + ".efs.version"), 2u);
  EXPECT_EQ(std::get<Bytes>(value_at(ntfs, file + ".efs.ddf[0].key")), Bytes(16, 'K'));
  EXPECT_TRUE(contains(thrown_by<Misuse>([&] { at(ntfs, file + ".efs.drf[0]"); }), "has no drf[0]"));
  // The stream did not fit the file's record.
  std::string other = "ntfs." + keyed("mft", number_at(ntfs, file + ".attribute_list[4].record"));
  EXPECT_EQ(number_at(ntfs, other + ".attribute[\"$LOGGED_UTILITY_STREAM:$EFS\"].value.ddf_offset"), 76u);
}

TEST(ntfs_extended, keys_that_leave_their_stream_are_damage) {
  std::unique_ptr<Volume> volume = make_special_volume();
  set(*volume, "ntfs.mft[\"/encrypted.bin\"].efs.drf_offset", u64{0xfffffffe});
  set(*volume, "ntfs.mft[\"/encrypted.bin\"].efs.ddf[0].length", u64{5});
  Node efs = at(open_volume(volume->disk), "ntfs.mft[\"/encrypted.bin\"].efs").node;
  auto all = [&](const char *edge) { edge_named(*efs.type, edge)->each(efs, [](Node) { return true; }); };
  EXPECT_TRUE(contains(thrown_by<Damage>([&] { all("drf"); }), "drf_offset is 0xfffffffe, past the end"));
  EXPECT_TRUE(contains(thrown_by<Damage>([&] { all("ddf"); }), "length is 5, expected 20 to"));
}

} // namespace
} // namespace lab::ntfs_test
