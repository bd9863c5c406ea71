// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names of values that stand in more than one structure.
#pragma once

#include "schema/field.h"

namespace lab::ntfs {

/// MS-FSCC 2.1.2.1: https://learn.microsoft.com/openspecs/windows_protocols/ms-fscc/
inline constexpr Name reparse_tags[] = {
    {0xa0000003, "mount_point"},  {0xc0000004, "hsm"},
    {0x80000006, "hsm2"},         {0x80000007, "sis"},
    {0x80000008, "wim"},          {0x80000009, "csv"},
    {0x8000000a, "dfs"},          {0xa000000c, "symlink"},
    {0x80000012, "dfsr"},         {0x80000013, "dedup"},
    {0x80000014, "nfs"},          {0x80000015, "file_placeholder"},
    {0x80000016, "dfm"},          {0x80000017, "wof"},
    {0x80000018, "wci"},          {0xa0000019, "global_reparse"},
    {0x9000001a, "cloud"},        {0x8000001b, "appexeclink"},
    {0x9000001c, "projfs"},       {0xa000001d, "lx_symlink"},
    {0x8000001e, "storage_sync"}, {0x80000020, "unhandled"},
    {0x80000021, "onedrive"},     {0x80000023, "af_unix"},
    {0x80000024, "lx_fifo"},      {0x80000025, "lx_chr"},
    {0x80000026, "lx_blk"},
};

/// How an index compares its keys; the same numbers in $INDEX_ROOT and in $AttrDef.
inline constexpr Name collations[] = {
    {0x00, "binary"}, {0x01, "file_name"},     {0x02, "unicode"},  {0x10, "u32"},
    {0x11, "sid"},    {0x12, "security_hash"}, {0x13, "u32_list"},
};

/// Of a file, in $STANDARD_INFORMATION and wherever it is copied to.
inline constexpr Name file_flags[] = {
    {0x1, "read_only"},       {0x2, "hidden"},           {0x4, "system"},
    {0x10, "dos_directory"},  {0x20, "archive"},         {0x40, "device"},
    {0x80, "normal"},         {0x100, "temporary"},      {0x200, "sparse"},
    {0x400, "reparse_point"}, {0x800, "compressed"},     {0x1000, "offline"},
    {0x2000, "not_indexed"},  {0x4000, "encrypted"},     {0x8000, "integrity"},
    {0x20000, "no_scrub"},    {0x10000000, "directory"}, {0x20000000, "view_index"},
};

} // namespace lab::ntfs
