// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the type byte of an MBR partition may say. Nobody assigns these numbers: makers of systems took
// what seemed free, some took the same, and many are long gone. Of several meanings the one is here
// that is met today. 0x07 is shared by NTFS, exFAT and HPFS, and is called after the most frequent.
//
// Numbers: https://en.wikipedia.org/wiki/Partition_type and the list of `sfdisk --list-types`; the
// tests compare the two lists.
#pragma once

#include "schema/field.h"

namespace lab {

// clang-format off
inline constexpr Name mbr_types[] = {
    {0x00, "empty"},                    {0x01, "fat12"},                    {0x02, "xenix_root"},               {0x03, "xenix_usr"},
    {0x04, "fat16_small"},              {0x05, "extended"},                 {0x06, "fat16"},                    {0x07, "ntfs"},
    {0x08, "aix"},                      {0x09, "aix_bootable"},             {0x0a, "os2_boot_manager"},         {0x0b, "fat32"},
    {0x0c, "fat32_lba"},                {0x0e, "fat16_lba"},                {0x0f, "extended_lba"},             {0x10, "opus"},
    {0x11, "hidden_fat12"},             {0x12, "compaq_diagnostics"},       {0x14, "hidden_fat16_small"},       {0x16, "hidden_fat16"},
    {0x17, "hidden_ntfs"},              {0x18, "ast_smartsleep"},           {0x1b, "hidden_fat32"},             {0x1c, "hidden_fat32_lba"},
    {0x1e, "hidden_fat16_lba"},         {0x24, "nec_dos"},                  {0x27, "windows_recovery"},         {0x39, "plan9"},
    {0x3c, "partitionmagic_recovery"},  {0x40, "venix_286"},                {0x41, "powerpc_prep_boot"},        {0x42, "windows_dynamic"},
    {0x4d, "qnx_1"},                    {0x4e, "qnx_2"},                    {0x4f, "qnx_3"},                    {0x50, "ontrack_dm"},
    {0x51, "ontrack_dm6_aux1"},         {0x52, "cpm"},                      {0x53, "ontrack_dm6_aux3"},         {0x54, "ontrack_dm6"},
    {0x55, "ez_drive"},                 {0x56, "golden_bow"},               {0x5c, "priam_edisk"},              {0x61, "speedstor_61"},
    {0x63, "unix_sysv"},                {0x64, "netware_286"},              {0x65, "netware_386"},              {0x70, "disksecure_multiboot"},
    {0x75, "pc_ix"},                    {0x80, "minix_old"},                {0x81, "minix"},                    {0x82, "linux_swap"},
    {0x83, "linux"},                    {0x84, "hibernation"},              {0x85, "linux_extended"},           {0x86, "ntfs_volume_set_86"},
    {0x87, "ntfs_volume_set_87"},       {0x88, "linux_plaintext"},          {0x8e, "linux_lvm"},                {0x93, "amoeba"},
    {0x94, "amoeba_bad_blocks"},        {0x9f, "bsdos"},                    {0xa0, "thinkpad_hibernation"},     {0xa5, "freebsd"},
    {0xa6, "openbsd"},                  {0xa7, "nextstep"},                 {0xa8, "darwin_ufs"},               {0xa9, "netbsd"},
    {0xab, "darwin_boot"},              {0xaf, "apple_hfs"},                {0xb7, "bsdi"},                     {0xb8, "bsdi_swap"},
    {0xbb, "boot_wizard_hidden"},       {0xbc, "acronis_fat32_lba"},        {0xbe, "solaris_boot"},             {0xbf, "solaris"},
    {0xc1, "drdos_fat12"},              {0xc4, "drdos_fat16_small"},        {0xc6, "drdos_fat16"},              {0xc7, "syrinx"},
    {0xda, "no_file_system"},           {0xdb, "cpm_ctos"},                 {0xde, "dell_utility"},             {0xdf, "bootit"},
    {0xe1, "dos_access"},               {0xe3, "dos_read_only"},            {0xe4, "speedstor_e4"},             {0xea, "linux_boot_loader"},
    {0xeb, "beos"},                     {0xee, "gpt_protective"},           {0xef, "efi_system"},               {0xf0, "linux_parisc_boot"},
    {0xf1, "speedstor_f1"},             {0xf2, "dos_secondary"},            {0xf4, "speedstor_f4"},             {0xf8, "ebbr_protective"},
    {0xfb, "vmware_vmfs"},              {0xfc, "vmware_swap"},              {0xfd, "linux_raid"},               {0xfe, "lanstep"},
    {0xff, "bad_blocks"},
};
// clang-format on

} // namespace lab
