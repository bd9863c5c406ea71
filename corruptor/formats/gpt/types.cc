// SPDX-License-Identifier: GPL-2.0-or-later
//
// Partition types of the GUID partition table. The MBR types beside them are those that mean the same
// to gdisk; they tell which formats a partition may hold when its boot sector is gone.
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
    {"00000000-0000-0000-0000-000000000000", "unused",                 0x00},
    {"c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "efi_system",             0xef},
    {"024dee41-33e7-11d3-9d69-0008c781f39f", "mbr_scheme",             0x00},
    {"21686148-6449-6e6f-744e-656564454649", "bios_boot",              0x00},
    {"e3c9e316-0b5c-4db8-817d-f92df00215ae", "microsoft_reserved",     0x00},
    {"ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "microsoft_basic_data",   0x07},
    {"de94bba4-06d1-4d40-a16a-bfd50179d6ac", "windows_recovery",       0x27},
    {"5808c8aa-7e8f-42e0-85d2-e1e90434cfb3", "windows_ldm_metadata",   0x42},
    {"af9b60a0-1431-4f62-bc68-3311714a69ad", "windows_ldm_data",       0x42},
    {"0fc63daf-8483-4772-8e79-3d69d8477de4", "linux",                  0x83},
    {"0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "linux_swap",             0x82},
    {"e6d6d379-f507-44c2-a23c-238f2a3df928", "linux_lvm",              0x8e},
    {"a19d880f-05fc-4d3b-a006-743f0f84911e", "linux_raid",             0xfd},
    {"4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "linux_root_x86_64",      0x83},
    {"48465300-0000-11aa-aa11-00306543ecac", "apple_hfs",              0xaf},
    {"7c3457ef-0000-11aa-aa11-00306543ecac", "apple_apfs",             0x00},
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

u8 gpt_mbr_type(const std::string &guid) {
  const Type *type = type_of(guid);
  return type ? type->mbr_type : 0;
}

} // namespace lab
