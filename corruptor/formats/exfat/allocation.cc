// SPDX-License-Identifier: GPL-2.0-or-later
//
// The three structures that the whole volume shares: the FAT, which says what cluster comes next; the
// bitmap, which says what is in use, so that the FAT need not; and the table by which names are turned
// into upper case before they are compared. Up-case table and checksum are read as one structure, the
// checksum behind the table, though it is stored in the table's directory entry: so the sum follows
// the bytes that it covers.
//
// Specification: 4.1 "First FAT Sub-region", 7.1.5 "Allocation Bitmap", 7.2.5 "Up-case Table".
#include "base/sums.h"
#include "formats/exfat/tables.h"
#include "schema/value.h"

namespace lab::exfat {

namespace {

constexpr Name marks[] = {{0, "free"}, {0xfffffff7, "bad"}, {0xfffffff8, "media"}, {0xffffffff, "end"}};
constexpr Name runs[] = {{0xffff, "unchanged"}};

// clang-format off
constexpr Field table_fields[] = {
    le32("entry", 0).many().to("cluster").with(one_of(marks)).called("FatEntry")
        .doc("for each cluster the next one of its file, or a mark; entries 0 and 1 belong to no cluster"),
    le32("media", 0).in_hex().aliased().called("FatEntry[0]").doc("0xfffffff8"),
};

constexpr Field link_fields[] = {
    le32("next", 0).to("cluster").with(one_of(marks)).called("FatEntry")
        .doc("the cluster that comes next, or a mark; of no meaning for a file in one piece (no_fat_chain)"),
    view("cluster", [](const Node &link) -> Value { return static_cast<u64>(link.given); }).to("cluster")
        .doc("the cluster that this entry is about"),
};

constexpr Field bitmap_fields[] = {
    bits("bit", 0, 1).many().called("BitmapEntry").doc("1: in use; bit 0 is about cluster 2, bit n about cluster n + 2"),
};

u64 table_bytes(const Node &upcase) { return upcase.space->size() - 4; }

constexpr Field upcase_fields[] = {
    le16("entry", 0).times("entries").in_hex().with(one_of(runs)).called("UpcaseTable")
        .doc("the upper-case letter of each UTF-16 unit in turn; 0xffff: so many units as the next entry says stay as they are"),
    le32("checksum", "bytes").in_hex().called("TableChecksum").doc("the sum of the table's bytes; stored in the table's directory entry"),
    view("bytes",   [](const Node &u) -> Value { return table_bytes(u); })    .doc("bytes in the table, as its directory entry has it"),
    view("entries", [](const Node &u) -> Value { return table_bytes(u) / 2; }).doc("16-bit numbers in the table"),
};
// clang-format on

u64 sum_of_upcase(const Node &upcase) {
  return exfat_upcase_sum(bytes_at(*upcase.space, 0, table_bytes(upcase)));
}
std::vector<Extent> covered_by_sum(const Node &upcase) { return {{0, table_bytes(upcase)}}; }
constexpr Seal upcase_seals[] = {{"checksum", sum_of_upcase, covered_by_sum, "the sum of the up-case table"}};

} // namespace

namespace tables {
constexpr Struct table = {.name = "exfat.table",
                          .meaning = "a file allocation table",
                          .size = 0,
                          .fields = table_fields,
                          .source = specification};
constexpr Struct link = {.name = "exfat.link",
                         .meaning = "a cluster's entry in the file allocation table",
                         .size = 4,
                         .fields = link_fields,
                         .source = specification};
constexpr Struct bitmap = {.name = "exfat.bitmap",
                           .meaning = "one bit for each cluster",
                           .size = 0,
                           .fields = bitmap_fields,
                           .source = specification};
constexpr Struct upcase = {.name = "exfat.upcase",
                           .meaning = "how names are compared: the upper-case letter of every UTF-16 unit",
                           .size = "bytes",
                           .fields = upcase_fields,
                           .seals = upcase_seals,
                           .source = specification};
constexpr Struct content = {.name = "exfat.content",
                            .meaning = "the bytes of a file, cluster by cluster",
                            .size = 0,
                            .source = specification};
static_assert(sound(table) && sound(link) && sound(bitmap) && sound(upcase) && sound(content));
} // namespace tables
} // namespace lab::exfat
