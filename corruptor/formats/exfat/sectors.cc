// SPDX-License-Identifier: GPL-2.0-or-later
//
// The sectors of a boot region behind the first: more room for the boot program, and ten records in
// which a manufacturer may say what a driver should know of the medium. A record begins with a GUID
// that says what the other 32 bytes mean; zeroes mean that it is not used, and mkfs.exfat fills the
// sector with 0xff.
//
// Specification: 3.2 "Extended Boot Sectors", 3.3 "Main and Backup OEM Parameters".
#include "formats/exfat/geometry.h"
#include "formats/exfat/tables.h"
#include "schema/value.h"

namespace lab::exfat {

namespace {

constexpr u64 record_bytes = 48;
constexpr u64 record_count = 10;
constexpr char null_guid[] = "00000000-0000-0000-0000-000000000000";
constexpr char erased_guid[] = "ffffffff-ffff-ffff-ffff-ffffffffffff";
constexpr char flash_guid[] = "0a0c7e46-3399-4021-90c8-fa6d389c4ba2";

constexpr Field sector_bytes = view("sector_bytes", [](const Node &sector) -> Value {
                                 return volume_facts(sector).sector_bytes;
                               }).doc("bytes in a sector");

constexpr Name signature_names[] = {{0xaa550000, "valid"}};

// clang-format off
constexpr Field extended_fields[] = {
    raw ("boot_code", 0, Num("sector_bytes", 1, -4)).called("ExtendedBootCode").doc("more of the boot program").not_checked(),
    le32("signature", Num("sector_bytes", 1, -4)).in_hex().called("ExtendedBootSignature").with(one_of(signature_names))
        .doc("0xaa550000, in the sector's last four bytes"),
    sector_bytes,
};

constexpr Field parameters_fields[] = {
    raw("reserved", 480, Num("sector_bytes", 1, -480)).called("Reserved").doc("the rest of the sector behind the ten records"),
    sector_bytes,
};

constexpr Field reserved_fields[] = {
    raw("reserved", 0, "sector_bytes").called("Main Reserved").doc("reserved, of no meaning"),
    sector_bytes,
};

constexpr Field record_type = guid("type", 0).called("ParametersGuid").doc("what the rest means; all zero: the record is not used");

constexpr Field record_fields[] = {
    record_type,
    raw("value", 16, 32).called("CustomDefined").doc("as the GUID's owner defined it"),
};

constexpr Field flash_fields[] = {
    record_type,
    le32("erase_block_size",   16).called("EraseBlockSize")  .doc("bytes that the flash memory erases at once"),
    le32("page_size",          20).called("PageSize")        .doc("bytes in a page"),
    le32("spare_sectors",      24).called("SpareSectors")    .doc("sectors kept for replacing bad ones"),
    le32("random_access_time", 28).called("RandomAccessTime").doc("nanoseconds"),
    le32("programming_time",   32).called("ProgrammingTime") .doc("nanoseconds"),
    le32("read_cycle",         36).called("ReadCycle")       .doc("nanoseconds"),
    le32("write_cycle",        40).called("WriteCycle")      .doc("nanoseconds"),
    reserved("reserved",       44, 4).called("Reserved"),
};
// clang-format on

Node record(const Node &parameters, u64 n) {
  Node node = child(parameters, tables::oem_record, keyed("record", n), parameters.at + n * record_bytes);
  try {
    if (std::get<std::string>(value_of(node, record_type)) == flash_guid) node.type = &tables::flash_record;
  } catch (const Damage &) {
    // the sector is not there; whoever reads the record is told so
  }
  return node;
}

std::optional<Node> find_record(const Node &parameters, const Key &key) {
  if (key.is != Key::number || key.index >= record_count) return std::nullopt;
  return record(parameters, key.index);
}

/// Those in use.
void each_record(const Node &parameters, const Visit &visit) {
  for (u64 n = 0; n < record_count; n++) {
    Node node = record(parameters, n);
    std::string type = std::get<std::string>(value_of(node, record_type));
    if (type != null_guid && type != erased_guid && !visit(node)) return;
  }
}

std::optional<Node> find_flash(const Node &parameters, const Key &) {
  std::optional<Node> found;
  each_record(parameters, [&](Node node) {
    if (node.type == &tables::flash_record) found = node;
    return !found;
  });
  return found;
}

constexpr Edge parameters_edges[] = {
    {"record", "[n]", &tables::oem_record, "the records, n from 0 to 9; those in use are listed", find_record,
     each_record},
    {"flash", "", &tables::flash_record, "the record that describes flash memory, if there is one",
     find_flash},
};

} // namespace

namespace tables {
constexpr Struct extended_boot = {.name = "exfat.extended_boot",
                                  .meaning = "a sector of a longer boot program",
                                  .size = "sector_bytes",
                                  .fields = extended_fields,
                                  .source = specification};
constexpr Struct oem_parameters = {.name = "exfat.oem_parameters",
                                   .meaning = "what a manufacturer says of the medium",
                                   .size = "sector_bytes",
                                   .fields = parameters_fields,
                                   .edges = parameters_edges,
                                   .source = specification};
constexpr Struct oem_record = {.name = "exfat.oem_record",
                               .meaning = "a manufacturer's parameters of some kind",
                               .size = record_bytes,
                               .fields = record_fields,
                               .source = specification};
constexpr Struct flash_record = {.name = "exfat.flash_record",
                                 .meaning = "what flash memory is like",
                                 .size = record_bytes,
                                 .fields = flash_fields,
                                 .source = specification};
constexpr Struct reserved_sector = {.name = "exfat.reserved_sector",
                                    .meaning = "the boot region's sector without a meaning",
                                    .size = "sector_bytes",
                                    .fields = reserved_fields,
                                    .source = specification};
static_assert(sound(extended_boot) && sound(oem_parameters) && sound(oem_record) && sound(flash_record));
static_assert(sound(reserved_sector));
} // namespace tables
} // namespace lab::exfat
