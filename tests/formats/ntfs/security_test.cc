// SPDX-License-Identifier: GPL-2.0-or-later
//
// Security descriptors and $Secure, checked against what ntfssecaudit and istat say of them.
#include "special.h"

#include "base/sums.h"

namespace lab::ntfs_test {
namespace {

const std::string secured = "ntfs.mft[\"/secured.txt\"].shared_descriptor";

Node found(const Volume &volume, const std::string &path) { return at(open_volume(volume.disk), path).node; }

u64 count(const Node &node, const char *edge) {
  u64 n = 0;
  edge_named(*node.type, edge)->each(node, [&](Node) { return ++n; });
  return n;
}

TEST(ntfs_security, a_descriptor_is_shown_with_its_lists_and_sids) {
  std::unique_ptr<Volume> volume = make_special_volume();
  Node ntfs = open_volume(volume->disk);
  std::string descriptor = secured + ".descriptor";
  EXPECT_EQ(number_at(ntfs, descriptor + ".control"), 0x8014u);
  EXPECT_EQ(text_at(ntfs, descriptor + ".owner.text"), "S-1-5-21-1-2-3-1000");
  EXPECT_EQ(text_at(ntfs, descriptor + ".group.text"), "S-1-5-32-545");
  EXPECT_EQ(number_at(ntfs, descriptor + ".dacl.ace_count"), 3u);
  EXPECT_EQ(number_at(ntfs, descriptor + ".dacl.ace[0].type"), 1u);
  EXPECT_EQ(text_at(ntfs, descriptor + ".dacl.ace[0].sid.text"), "S-1-5-32-545");
  EXPECT_EQ(number_at(ntfs, descriptor + ".dacl.ace[1].mask"), 0x1f01ffu);
  EXPECT_EQ(text_at(ntfs, descriptor + ".dacl.ace[2].sid.text"), "S-1-1-0");
  EXPECT_EQ(number_at(ntfs, descriptor + ".sacl.ace[0].type"), 2u);
  EXPECT_EQ(number_at(ntfs, descriptor + ".sacl.ace[0].flags"), 0x40u);
}

TEST(ntfs_security, ntfssecaudit_names_the_same_owner_and_group) {
  std::unique_ptr<Volume> volume = make_special_volume();
  Node ntfs = open_volume(volume->disk);
  std::string said = output_of({"ntfssecaudit", volume->file, "secured.txt"});
  EXPECT_TRUE(contains(said, "key " + hex_offset(number_at(ntfs, secured + ".security_id")))) << said;
  EXPECT_TRUE(contains(said, "owner " + text_at(ntfs, secured + ".descriptor.owner.text") + "\n")) << said;
  EXPECT_TRUE(contains(said, "group " + text_at(ntfs, secured + ".descriptor.group.text") + "\n")) << said;
}

TEST(ntfs_security, a_file_without_a_security_id_has_a_descriptor_of_its_own) {
  std::unique_ptr<Volume> volume = make_special_volume();
  Node ntfs = open_volume(volume->disk);
  std::string record = "ntfs.mft[\"/ea.txt\"]";
  EXPECT_EQ(size_of(at(ntfs, record + ".standard_information").node), 48u);
  EXPECT_EQ(text_at(ntfs, record + ".security_descriptor.owner.text"), "S-1-5-32-544");
  EXPECT_EQ(text_at(ntfs, record + ".attribute[\"$SECURITY_DESCRIPTOR\"].value.owner.text"), "S-1-5-32-544");
  EXPECT_TRUE(contains(thrown_by<Misuse>([&] { at(ntfs, record + ".shared_descriptor"); }),
                       "has no shared_descriptor"));
  std::string said = output_of({"ntfssecaudit", volume->file, "ea.txt"});
  EXPECT_TRUE(contains(said, "owner S-1-5-32-544\n")) << said;
}

TEST(ntfs_security, every_entry_says_where_it_is_has_the_right_hash_and_a_copy) {
  std::unique_ptr<Volume> volume = make_special_volume();
  Node secure = found(*volume, "ntfs.secure");
  EXPECT_GT(count(secure, "sds"), 2u);
  EXPECT_EQ(count(secure, "sds"), count(secure, "sds_copy"));
  edge_named(*secure.type, "sds")->each(secure, [&](Node entry) {
    EXPECT_EQ(number(entry, "offset"), entry.at);
    EXPECT_EQ(number(entry, "hash"), entry.type->seals[0].sum(entry)) << path_of(entry);
    Node copy = at(open_volume(volume->disk), "ntfs.secure." + keyed("sds_copy", entry.label)).node;
    EXPECT_EQ(copy.at, entry.at + 256 * 1024);
    EXPECT_EQ(number(copy, "hash"), number(entry, "hash"));
    return true;
  });
}

TEST(ntfs_security, both_indexes_lead_to_every_descriptor) {
  std::unique_ptr<Volume> volume = make_special_volume();
  Node ntfs = open_volume(volume->disk), secure = found(*volume, "ntfs.secure");
  u64 entries = count(secure, "sds");
  for (std::string index : {"sii", "sdh"}) {
    ASSERT_EQ(count(secure, index.c_str()), entries) << index;
    for (u64 n = 0; n < entries; n++) {
      std::string row = "ntfs.secure." + keyed(index.c_str(), n);
      std::string sds =
          "ntfs.secure." + keyed("sds", std::to_string(number_at(ntfs, row + ".key.security_id")));
      EXPECT_EQ(number_at(ntfs, row + ".data.offset"), number_at(ntfs, sds + ".offset"));
      EXPECT_EQ(number_at(ntfs, row + ".data.hash"), number_at(ntfs, sds + ".hash"));
    }
  }
  EXPECT_EQ(path_of(found(*volume, "ntfs.mft[9].tree[\"$SII\"].entry[0]")),
            "ntfs.mft[9].tree[\"$SII\"].entry[0]");
}

TEST(ntfs_security, ntfssecaudit_notices_what_is_broken_through_a_path) {
  std::unique_ptr<Volume> volume = make_special_volume();
  EXPECT_TRUE(contains(output_of({"ntfssecaudit", "-a", volume->file}), "No errors were found"));
  u64 hash = number_at(open_volume(volume->disk), secured + ".hash");
  set(*volume, secured + ".hash", hash ^ 1);
  volume->save();
  Finished run = run_program({"ntfssecaudit", "-a", volume->file}, 60);
  EXPECT_TRUE(contains(run.output, "hash")) << run.output;
  EXPECT_FALSE(contains(run.output, "No errors were found")) << run.output;
}

TEST(ntfs_security, an_entry_with_a_wrong_length_hides_no_other) {
  std::unique_ptr<Volume> volume = make_special_volume();
  u64 entries = count(found(*volume, "ntfs.secure"), "sds"), next = found(*volume, "ntfs.secure.sds[1]").at;
  set(*volume, "ntfs.secure.sds[0].length", u64{3});
  Node secure = found(*volume, "ntfs.secure");
  EXPECT_EQ(found(*volume, "ntfs.secure.sds[1]").at, next);
  std::string error = thrown_by<Damage>([&] { count(secure, "sds"); });
  EXPECT_TRUE(contains(error, "ntfs.secure.sds[0] at 0x")) << error;
  EXPECT_TRUE(contains(error, "length is 3, expected 20 to")) << error;
  EXPECT_EQ(count(secure, "sds_copy"), entries);
  error = thrown_by<Damage>([&] { at(open_volume(volume->disk), "ntfs.secure.sds[0].descriptor"); });
  EXPECT_TRUE(contains(error, "less than the header")) << error;
}

TEST(ntfs_security, an_entry_that_states_a_wrong_place_is_known_by_its_hash) {
  std::unique_ptr<Volume> volume = make_special_volume();
  u64 entries = count(found(*volume, "ntfs.secure"), "sds");
  set(*volume, "ntfs.secure.sds[1].offset", u64{0x1234});
  EXPECT_EQ(count(found(*volume, "ntfs.secure"), "sds"), entries);
  EXPECT_EQ(number_at(open_volume(volume->disk), "ntfs.secure.sds[1].offset"), 0x1234u);
}

TEST(ntfs_security, what_lies_behind_the_entries_is_no_entry) {
  std::unique_ptr<Volume> volume = make_special_volume();
  Node secure = found(*volume, "ntfs.secure");
  u64 entries = count(secure, "sds");
  Node last = found(*volume, "ntfs.secure." + keyed("sds", entries - 1));
  for (const Extent &extent : secure.space->locate(last.at + 0x200, 0x400)) {
    volume->disk->write(extent.at, Bytes(extent.length, 'P'));
  }
  EXPECT_EQ(count(found(*volume, "ntfs.secure"), "sds"), entries);
}

TEST(ntfs_security, parts_that_leave_the_descriptor_are_damage) {
  std::unique_ptr<Volume> volume = make_special_volume();
  set(*volume, secured + ".descriptor.dacl_offset", u64{0xfffffff0});
  set(*volume, secured + ".descriptor.sacl.ace_count", u64{2});
  std::string error = thrown_by<Damage>([&] { found(*volume, secured + ".descriptor.dacl"); });
  EXPECT_TRUE(contains(error, "dacl_offset is 0xfffffff0, which leaves the descriptor of 180 bytes"))
      << error;
  Node sacl = found(*volume, secured + ".descriptor.sacl");
  error = thrown_by<Damage>([&] { count(sacl, "ace"); });
  EXPECT_TRUE(contains(error, "ace_count is 2; entry 1 leaves the list")) << error;
}

TEST(ntfs_security, the_hash_rotates_by_three_and_adds) {
  // Of the first descriptor of a volume that Windows 10 made: 0x32fec6cb.
  Bytes descriptor =
      unhex("0100048048000000540000000000000014000000020034000200000000001400890012000101000000000005"
            "120000000000180089001200010200000000000520000000200200000101000000000005120000000102000000"
            "0000052000000020020000");
  EXPECT_EQ(security_hash(descriptor), 0x32fec6cbu);
}

} // namespace
} // namespace lab::ntfs_test
