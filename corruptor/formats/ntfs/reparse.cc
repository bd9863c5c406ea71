// SPDX-License-Identifier: GPL-2.0-or-later
//
// A reparse point stands in a file's place and names, by its tag, the driver that knows what to do with it.
// Windows itself knows two: a symbolic link and a mount point (a "junction"). Both hold two names in one
// buffer: the one that is followed, in the kernel's form (\??\C:\dir), and the one that is shown. Tags that
// are not Microsoft's are followed by the GUID of their owner. What WSL writes (the LX tags) is left raw.
//
// https://learn.microsoft.com/openspecs/windows_protocols/ms-fscc/c8e77b37-3909-4fe6-a4ea-2b9d423b1ee4
#include "device/mapped.h"
#include "formats/ntfs/names.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 symlink_tag = 0xa000000c;
constexpr u64 mount_point_tag = 0xa0000003;
constexpr u64 header = 8;

constexpr Name link_flags[] = {{0, "absolute"}, {1, "relative"}};

constexpr Field reparse_fields[] = {
    le32("tag", 0x00)
        .called("ReparseTag")
        .with(one_of(reparse_tags))
        .in_hex()
        .doc("whose business the file is"),
    flag("directory", 3, 4).called("IsDirectory").doc("1: files may stand below it all the same"),
    flag("name_surrogate", 3, 5).called("IsNameSurrogate").doc("1: it stands for another file"),
    flag("microsoft", 3, 7).called("IsMicrosoft").doc("0: the owner's GUID is before the data"),
    le16("data_length", 0x04).called("ReparseDataLength").doc("bytes in data"),
    reserved("reserved", 0x06, 2).called("Reserved"),
    guid("owner", 0x08)
        .if_("microsoft", 0)
        .called("ReparseGuid")
        .doc("whose tag it is; data_length does not count it"),
    raw("data", Num("microsoft", -16, 0x18), "data_length")
        .called("DataBuffer")
        .doc("for the driver that knows the tag"),
};

// The names' offsets count from the end of the header, which differs.
constexpr i64 link_header = 0x0c, mount_header = 0x08;
constexpr Field substitute_offset = le16("substitute_offset", 0x00)
                                        .called("SubstituteNameOffset")
                                        .doc("where the name that is followed starts, from the names' start");
constexpr Field substitute_length =
    le16("substitute_length", 0x02).called("SubstituteNameLength").doc("bytes in the name that is followed");
constexpr Field print_offset = le16("print_offset", 0x04)
                                   .called("PrintNameOffset")
                                   .doc("where the name that is shown starts, from the names' start");
constexpr Field print_length =
    le16("print_length", 0x06).called("PrintNameLength").doc("bytes in the name that is shown");
constexpr Field substitute_name(i64 names) {
  return utf16("substitute_name", Num("substitute_offset", 1, names), "substitute_length")
      .called("PathBuffer")
      .doc("where it leads");
}
constexpr Field print_name(i64 names) {
  return utf16("print_name", Num("print_offset", 1, names), "print_length")
      .called("PathBuffer")
      .doc("what is shown for it");
}

constexpr Field link_fields[] = {
    substitute_offset,
    substitute_length,
    print_offset,
    print_length,
    le32("flags", 0x08)
        .called("Flags")
        .with(one_of(link_flags))
        .doc("1: substitute_name starts at the link's directory"),
    substitute_name(link_header),
    print_name(link_header),
};
constexpr Field mount_fields[] = {
    substitute_offset,        substitute_length, print_offset, print_length, substitute_name(mount_header),
    print_name(mount_header),
};

/// The reparse point's data as `type`, if the tag is `tag`.
std::optional<Node> data_as(const Node &point, u64 tag, const Struct &type, const char *name) {
  if (number(point, "tag") != tag) return std::nullopt;
  return child(point, type, name, slice_of(point.space, point.at + header, number(point, "data_length")), 0);
}

std::optional<Node> symlink_in(const Node &point, const Key &) {
  return data_as(point, symlink_tag, tables::symlink, "symlink");
}
std::optional<Node> mount_point_in(const Node &point, const Key &) {
  return data_as(point, mount_point_tag, tables::mount_point, "mount_point");
}

constexpr Edge edges[] = {
    {"symlink", "", &tables::symlink, "the data of a symbolic link", symlink_in, nullptr, true},
    {"mount_point", "", &tables::mount_point, "the data of a mount point", mount_point_in, nullptr, true},
};

constexpr const char *source = "https://learn.microsoft.com/openspecs/windows_protocols/ms-fscc/";

} // namespace

namespace tables {
constexpr Struct reparse_point = {.name = "ntfs.reparse_point",
                                  .meaning = "what stands in the file's place",
                                  .size = 0,
                                  .fields = reparse_fields,
                                  .edges = edges,
                                  .source = source};
constexpr Struct symlink = {.name = "ntfs.symlink",
                            .meaning = "where a symbolic link leads",
                            .size = 0,
                            .fields = link_fields,
                            .source = source};
constexpr Struct mount_point = {.name = "ntfs.mount_point",
                                .meaning = "where a mount point leads",
                                .size = 0,
                                .fields = mount_fields,
                                .source = source};
static_assert(sound(reparse_point) && sound(symlink) && sound(mount_point));
} // namespace tables

} // namespace lab::ntfs
