// SPDX-License-Identifier: GPL-2.0-or-later
//
// Partition types of the GUID partition table. The MBR types beside them are those that mean the same
// to gdisk; they tell which formats a partition may hold when its boot sector is gone. Left out are the
// types of rare processors and of signatures over other partitions.
//
// GUIDs: https://en.wikipedia.org/wiki/GUID_Partition_Table#Partition_type_GUIDs, and for Linux
// https://uapi-group.org/specifications/specs/discoverable_partitions_specification/; the tests compare
// them with the list of `sfdisk --list-types`.
#include <iterator>

#include "formats/gpt/gpt.h"

namespace lab {

namespace {

struct Type {
  const char *guid;
  const char *name;
  u8 mbr_type;
};

constexpr Type types[] = {
    // clang-format off
    {"00000000-0000-0000-0000-000000000000", "unused",                  0x00},
    {"c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "efi_system",              0xef},
    {"024dee41-33e7-11d3-9d69-0008c781f39f", "mbr_scheme",              0x00},
    {"21686148-6449-6e6f-744e-656564454649", "bios_boot",               0x00},
    {"e3c9e316-0b5c-4db8-817d-f92df00215ae", "microsoft_reserved",      0x00},
    {"ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "microsoft_basic_data",    0x07},
    {"de94bba4-06d1-4d40-a16a-bfd50179d6ac", "windows_recovery",        0x27},
    {"5808c8aa-7e8f-42e0-85d2-e1e90434cfb3", "windows_ldm_metadata",    0x42},
    {"af9b60a0-1431-4f62-bc68-3311714a69ad", "windows_ldm_data",        0x42},
    {"0fc63daf-8483-4772-8e79-3d69d8477de4", "linux",                   0x83},
    {"0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "linux_swap",              0x82},
    {"e6d6d379-f507-44c2-a23c-238f2a3df928", "linux_lvm",               0x8e},
    {"a19d880f-05fc-4d3b-a006-743f0f84911e", "linux_raid",              0xfd},
    {"4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "linux_root_x86_64",       0x83},
    {"48465300-0000-11aa-aa11-00306543ecac", "apple_hfs",               0xaf},
    {"7c3457ef-0000-11aa-aa11-00306543ecac", "apple_apfs",              0x00},
    {"d3bfe2de-3daf-11df-ba40-e3a556d89593", "intel_fast_flash",        0x00},
    {"f4019732-066e-4e12-8273-346c5641494f", "sony_boot",               0x00},
    {"bfbfafe7-a34f-448a-9a5b-6213eb736c22", "lenovo_boot",             0x00},
    {"9e1a2d38-c612-4316-aa26-8b49521e5a8b", "powerpc_prep_boot",       0x41},
    {"7412f7d5-a156-4b13-81dc-867174929325", "onie_boot",               0x00},
    {"d4e6e2cd-4469-46f3-b5cb-1bff57afc149", "onie_config",             0x00},
    {"37affc90-ef7d-4e96-91c3-2d7ae055b174", "ibm_gpfs",                0x00},
    {"e75caf8f-f680-4cee-afa3-b001e56efc2d", "microsoft_storage_spaces", 0x00},
    {"75894c1e-3aeb-11d3-b7c1-7b03a0000000", "hp_ux_data",              0x00},
    {"e2a1e728-32e3-11d6-a682-7b03a0000000", "hp_ux_service",           0x00},
    {"3b8f8425-20e0-4f3b-907f-1a25a76f98e8", "linux_server_data",       0x83},
    {"44479540-f297-41b2-9af7-d131d5f0458a", "linux_root_x86",          0x83},
    {"69dad710-2ce4-4e3c-b16c-21a1d49abed3", "linux_root_arm",          0x83},
    {"b921b045-1df0-41c3-af44-4c6f280d3fae", "linux_root_arm64",        0x83},
    {"993d8d3d-f80e-4225-855a-9daf8ed7ea97", "linux_root_ia64",         0x83},
    {"60d5a7fe-8e7d-435c-b714-3dd8162144e1", "linux_root_riscv32",      0x83},
    {"72ec70a6-cf74-40e6-bd49-4bda08e8f224", "linux_root_riscv64",      0x83},
    {"8da63339-0007-60c0-c436-083ac8230908", "linux_reserved",          0x00},
    {"933ac7e1-2eb4-4f13-b844-0e14e2aef915", "linux_home",              0x83},
    {"4d21b016-b534-45c2-a9fb-5c16e091fd2d", "linux_variable_data",     0x83},
    {"7ec6f557-3bc5-4aca-b293-16ef5df639d1", "linux_temporary_data",    0x83},
    {"75250d76-8cc6-458e-bd66-bd47cc81a812", "linux_usr_x86",           0x83},
    {"8484680c-9521-48c6-9c11-b0720656f69e", "linux_usr_x86_64",        0x83},
    {"7d0359a3-02b3-4f0a-865c-654403e70625", "linux_usr_arm",           0x83},
    {"b0e01050-ee5f-4390-949a-9101b17104e9", "linux_usr_arm64",         0x83},
    {"4301d2a6-4e3b-4b2a-bb94-9e0b2c4225ea", "linux_usr_ia64",          0x83},
    {"b933fb22-5c3f-4f91-af90-e2bb0fa50702", "linux_usr_riscv32",       0x83},
    {"beaec34b-8442-439b-a40b-984381ed097d", "linux_usr_riscv64",       0x83},
    {"bc13c2ff-59e6-4262-a352-b275fd6f7172", "linux_extended_boot",     0xea},
    {"773f91ef-66d4-49b5-bd83-d683bf40ad16", "linux_user_home",         0x00},
    {"516e7cb4-6ecf-11d6-8ff8-00022d09712b", "freebsd_data",            0xa5},
    {"83bd6b9d-7f41-11dc-be0b-001560b84f0f", "freebsd_boot",            0xa5},
    {"516e7cb5-6ecf-11d6-8ff8-00022d09712b", "freebsd_swap",            0xa5},
    {"516e7cb6-6ecf-11d6-8ff8-00022d09712b", "freebsd_ufs",             0xa5},
    {"516e7cba-6ecf-11d6-8ff8-00022d09712b", "freebsd_zfs",             0xa5},
    {"516e7cb8-6ecf-11d6-8ff8-00022d09712b", "freebsd_vinum",           0xa5},
    {"55465300-0000-11aa-aa11-00306543ecac", "apple_ufs",               0xa8},
    {"52414944-0000-11aa-aa11-00306543ecac", "apple_raid",              0x00},
    {"52414944-5f4f-11aa-aa11-00306543ecac", "apple_raid_offline",      0x00},
    {"426f6f74-0000-11aa-aa11-00306543ecac", "apple_boot",              0xab},
    {"4c616265-6c00-11aa-aa11-00306543ecac", "apple_label",             0x00},
    {"5265636f-7665-11aa-aa11-00306543ecac", "apple_tv_recovery",       0x00},
    {"53746f72-6167-11aa-aa11-00306543ecac", "apple_core_storage",      0x00},
    {"69646961-6700-11aa-aa11-00306543ecac", "apple_silicon_boot",      0x00},
    {"52637672-7900-11aa-aa11-00306543ecac", "apple_silicon_recovery",  0x00},
    {"6a82cb45-1dd2-11b2-99a6-080020736631", "solaris_boot",            0x00},
    {"6a85cf4d-1dd2-11b2-99a6-080020736631", "solaris_root",            0x00},
    {"6a898cc3-1dd2-11b2-99a6-080020736631", "solaris_usr_apple_zfs",   0x00},
    {"6a87c46f-1dd2-11b2-99a6-080020736631", "solaris_swap",            0x00},
    {"6a8b642b-1dd2-11b2-99a6-080020736631", "solaris_backup",          0x00},
    {"6a8ef2e9-1dd2-11b2-99a6-080020736631", "solaris_var",             0x00},
    {"6a90ba39-1dd2-11b2-99a6-080020736631", "solaris_home",            0x00},
    {"6a9283a5-1dd2-11b2-99a6-080020736631", "solaris_alternate_sector", 0x00},
    {"6a945a3b-1dd2-11b2-99a6-080020736631", "solaris_reserved_1",      0x00},
    {"6a9630d1-1dd2-11b2-99a6-080020736631", "solaris_reserved_2",      0x00},
    {"6a980767-1dd2-11b2-99a6-080020736631", "solaris_reserved_3",      0x00},
    {"6a96237f-1dd2-11b2-99a6-080020736631", "solaris_reserved_4",      0x00},
    {"6a8d2ac7-1dd2-11b2-99a6-080020736631", "solaris_reserved_5",      0x00},
    {"49f48d32-b10e-11dc-b99b-0019d1879648", "netbsd_swap",             0x00},
    {"49f48d5a-b10e-11dc-b99b-0019d1879648", "netbsd_ffs",              0x00},
    {"49f48d82-b10e-11dc-b99b-0019d1879648", "netbsd_lfs",              0x00},
    {"2db519c4-b10f-11dc-b99b-0019d1879648", "netbsd_concatenated",     0x00},
    {"2db519ec-b10f-11dc-b99b-0019d1879648", "netbsd_encrypted",        0x00},
    {"49f48daa-b10e-11dc-b99b-0019d1879648", "netbsd_raid",             0x00},
    {"fe3a2a5d-4f32-41a7-b725-accc3285a309", "chromeos_kernel",         0x00},
    {"3cb8e202-3b7e-47dd-8a3c-7ff2a13cfcec", "chromeos_root",           0x00},
    {"2e0a753d-9e48-43b0-8337-b15192cb1b5e", "chromeos_reserved",       0x00},
    {"45b0969e-9b03-4f30-b4c6-b4b80ceff106", "ceph_journal",            0x00},
    {"45b0969e-9b03-4f30-b4c6-5ec00ceff106", "ceph_encrypted_journal",  0x00},
    {"4fbd7e29-9d25-41b8-afd0-062c0ceff05d", "ceph_osd",                0x00},
    {"4fbd7e29-9d25-41b8-afd0-5ec00ceff05d", "ceph_crypt_osd",          0x00},
    {"89c57f98-2fe5-4dc0-89c1-f3ad0ceff2be", "ceph_disk_in_creation",   0x00},
    {"89c57f98-2fe5-4dc0-89c1-5ec00ceff2be", "ceph_crypt_disk_in_creation", 0x00},
    {"aa31e02a-400f-11db-9590-000c2911d1b8", "vmware_vmfs",             0xfb},
    {"9d275380-40ad-11db-bf97-000c2911d1b8", "vmware_diagnostic",       0xfc},
    {"381cfccc-7288-11e0-92ee-000c2911d0b2", "vmware_virtual_san",      0x00},
    {"77719a0c-a4a0-11e3-a47e-000c29745a24", "vmware_virsto",           0x00},
    {"9198effc-31c0-11db-8f78-000c2911d1b8", "vmware_reserved",         0x00},
    {"824cc7a0-36a8-11e3-890a-952519ad3f61", "openbsd_data",            0xa6},
    {"cef5a9ad-73bc-4601-89f3-cdeeeee321a1", "qnx6_file_system",        0x00},
    {"c91818f9-8025-47af-89d2-f030d7000c2c", "plan_9",                  0x39},
    {"42465331-3ba3-10f1-802a-4861696b7521", "haiku_bfs",               0xeb},
    {"ca7d7ccb-63ed-4c53-861c-1742536059cc", "linux_luks",              0x83},
    {"7ffec5c9-2d00-49b7-8941-3ea10a5586b7", "linux_dm_crypt",          0x83},
    // clang-format on
};

const Type *type_of(const std::string &guid) {
  for (const Type &type : types)
    if (guid == type.guid) return &type;
  return nullptr;
}

} // namespace

std::string gpt_type_text(const std::string &guid) {
  const Type *type = type_of(guid);
  return type ? type->name : guid;
}

std::string gpt_type_guid(const std::string &text) {
  for (const Type &type : types)
    if (text == type.name) return type.guid;
  return text;
}

u8 gpt_mbr_type(const std::string &guid) {
  const Type *type = type_of(guid);
  return type ? type->mbr_type : 0;
}

} // namespace lab
