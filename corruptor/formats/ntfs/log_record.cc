// SPDX-License-Identifier: GPL-2.0-or-later
//
// A log record says how to do a change again (redo) and how to take it back (undo), for one structure: that
// is named by an attribute that was open then, a cluster of it, and offsets inside. The records of one
// transaction lead back from each to the one before. A checkpoint says where the tables are that make those
// names mean something, as they were at that time.
//
// https://flatcap.github.io/linux-ntfs/ntfs/files/logfile.html
#include "base/checked.h"
#include "device/mapped.h"
#include "formats/ntfs/tables.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 record_header = 0x30;
constexpr u64 action_header = 0x20;
constexpr u64 action_type = 1, checkpoint_type = 2;

constexpr Name record_types[] = {{action_type, "action"}, {checkpoint_type, "checkpoint"}};
constexpr Name record_flags[] = {{1, "multi_page"}, {2, "deleting"}, {4, "adding"}};
constexpr Name targets[] = {{2, "mft"}, {8, "index"}};
constexpr Name operations[] = {
    {0x00, "noop"},
    {0x01, "compensation_log_record"},
    {0x02, "initialize_file_record_segment"},
    {0x03, "deallocate_file_record_segment"},
    {0x04, "write_end_of_file_record_segment"},
    {0x05, "create_attribute"},
    {0x06, "delete_attribute"},
    {0x07, "update_resident_value"},
    {0x08, "update_nonresident_value"},
    {0x09, "update_mapping_pairs"},
    {0x0a, "delete_dirty_clusters"},
    {0x0b, "set_new_attribute_sizes"},
    {0x0c, "add_index_entry_root"},
    {0x0d, "delete_index_entry_root"},
    {0x0e, "add_index_entry_allocation"},
    {0x0f, "delete_index_entry_allocation"},
    {0x10, "write_end_of_index_buffer"},
    {0x11, "set_index_entry_vcn_root"},
    {0x12, "set_index_entry_vcn_allocation"},
    {0x13, "update_file_name_root"},
    {0x14, "update_file_name_allocation"},
    {0x15, "set_bits_in_nonresident_bit_map"},
    {0x16, "clear_bits_in_nonresident_bit_map"},
    {0x17, "hot_fix"},
    {0x18, "end_top_level_action"},
    {0x19, "prepare_transaction"},
    {0x1a, "commit_transaction"},
    {0x1b, "forget_transaction"},
    {0x1c, "open_nonresident_attribute"},
    {0x1d, "open_attribute_table_dump"},
    {0x1e, "attribute_names_dump"},
    {0x1f, "dirty_page_table_dump"},
    {0x20, "transaction_table_dump"},
    {0x21, "update_record_data_root"},
    {0x22, "update_record_data_allocation"},
    {0x23, "update_relative_data_in_index"},
    {0x24, "update_relative_data_in_index_2"},
    {0x25, "zero_end_of_file_record"},
};

constexpr Field record_fields[] = {
    le64("this_lsn", 0x00).called("this_lsn").in_hex().doc("this record's number, which holds its place"),
    le64("client_previous_lsn", 0x08)
        .called("client_previous_lsn")
        .in_hex()
        .doc("the record before of the same transaction; 0: it begins here"),
    le64("client_undo_next_lsn", 0x10)
        .called("client_undo_next_lsn")
        .in_hex()
        .doc("the record that is to be taken back after this one"),
    le32("client_data_length", 0x18).called("client_data_length").doc("bytes after this header"),
    le16("client_sequence", 0x1c).called("seq_number").doc("how often the client's slot had been used"),
    le16("client_index", 0x1e).called("client_index").doc("the client, in the restart area; 0 is NTFS"),
    le32("record_type", 0x20).called("record_type").with(one_of(record_types)).doc("what follows"),
    le32("transaction_id", 0x24)
        .called("transaction_id")
        .doc("the slot of the transaction in a table of those"),
    le16("flags", 0x28)
        .called("log_record_flags")
        .with(flags_of(record_flags))
        .doc("multi_page: it goes on in the next page"),
    reserved("reserved", 0x2a, 6),
};

constexpr Field action_fields[] = {
    le16("redo_operation", 0x00).called("redo_operation").with(one_of(operations)).doc("how to do it again"),
    le16("undo_operation", 0x02).called("undo_operation").with(one_of(operations)).doc("how to take it back"),
    le16("redo_offset", 0x04).called("redo_offset").doc("where the bytes for redo are, from here"),
    le16("redo_length", 0x06).called("redo_length").doc("bytes for redo"),
    le16("undo_offset", 0x08).called("undo_offset").doc("where the bytes for undo are, from here"),
    le16("undo_length", 0x0a).called("undo_length").doc("bytes for undo"),
    le16("target_attribute", 0x0c)
        .called("target_attribute")
        .doc("what changes: an offset in the table of open attributes"),
    le16("lcn_count", 0x0e).called("lcns_to_follow").doc("clusters in lcn"),
    le16("record_offset", 0x10)
        .called("record_offset")
        .doc("where the changed attribute or entry is in its record or block"),
    le16("attribute_offset", 0x12).called("attribute_offset").doc("where the change is, from there"),
    le16("cluster_index", 0x14)
        .called("cluster_index")
        .doc("where the record is in the cluster, in units of 512 bytes"),
    le16("attribute_flags", 0x16)
        .called("attribute_flags")
        .with(flags_of(targets))
        .doc("what kind of structure changes"),
    le64("target_vcn", 0x18).called("target_vcn").doc("the cluster of the attribute that changes"),
    le64("lcn", 0x20)
        .times("lcn_count")
        .to("cluster")
        .called("lcn_list")
        .doc("where that was on the disk then"),
};

constexpr Field checkpoint_fields[] = {
    le32("major_version", 0x00).called("MajorVersion").doc("of the client's records"),
    le32("minor_version", 0x04).called("MinorVersion").doc("of the client's records"),
    le64("analysis_lsn", 0x08)
        .called("StartOfCheckpoint")
        .in_hex()
        .doc("the record that a replay reads from"),
    le64("open_attributes_lsn", 0x10)
        .called("OpenAttributeTableLsn")
        .in_hex()
        .doc("the dump of the open attributes"),
    le64("attribute_names_lsn", 0x18).called("AttributeNamesLsn").in_hex().doc("the dump of their names"),
    le64("dirty_pages_lsn", 0x20)
        .called("DirtyPageTableLsn")
        .in_hex()
        .doc("the dump of the pages not yet written"),
    le64("transactions_lsn", 0x28)
        .called("TransactionTableLsn")
        .in_hex()
        .doc("the dump of the transactions under way"),
    le32("open_attributes_length", 0x30)
        .called("OpenAttributeTableLength")
        .doc("bytes in that dump; 0: there is none"),
    le32("attribute_names_length", 0x34)
        .called("AttributeNamesLength")
        .doc("bytes in that dump; 0: there is none"),
    le32("dirty_pages_length", 0x38)
        .called("DirtyPageTableLength")
        .doc("bytes in that dump; 0: there is none"),
    le32("transactions_length", 0x3c)
        .called("TransactionTableLength")
        .doc("bytes in that dump; 0: there is none"),
};

Value length_of(const Node &bytes) { return bytes.space->size(); }

constexpr Field bytes_fields[] = {
    raw("data", 0, "length").doc("as they were written, or were there before"),
    view("length", length_of).doc("bytes in data"),
};

std::optional<Node> client_data(const Node &record, u64 type, u64 smallest, const Struct &table,
                                const char *name) {
  u64 length = number(record, "client_data_length");
  if (number(record, "record_type") != type || length < smallest) return std::nullopt;
  u64 at = checked_add(record.at, record_header, "the client's data");
  if (at > record.space->size() || record.space->size() - at < length)
    damaged(record, 0x18, "client_data_length is " + std::to_string(length) + ", which leaves the journal");
  return child(record, table, name, slice_of(record.space, at, length), 0);
}

std::optional<Node> action_in(const Node &record, const Key &) {
  return client_data(record, action_type, action_header, tables::log_action, "action");
}
std::optional<Node> checkpoint_in(const Node &record, const Key &) {
  return client_data(record, checkpoint_type, static_cast<u64>(tables::checkpoint.size.add),
                     tables::checkpoint, "checkpoint");
}

/// Some operations state a length and store no bytes, so what is not there is no damage.
std::optional<Node> bytes_for(const Node &action, const char *offset, const char *length, const char *name) {
  u64 at = number(action, offset), size = number(action, length), room = action.space->size();
  if (size == 0 || at > room || room - at < size) return std::nullopt;
  return child(action, tables::log_bytes, name, slice_of(action.space, at, size), 0);
}
std::optional<Node> redo_of(const Node &action, const Key &) {
  return bytes_for(action, "redo_offset", "redo_length", "redo");
}
std::optional<Node> undo_of(const Node &action, const Key &) {
  return bytes_for(action, "undo_offset", "undo_length", "undo");
}

constexpr Edge record_edges[] = {
    {"action", "", &tables::log_action, "what was done", action_in, nullptr, true},
    {"checkpoint", "", &tables::checkpoint, "from where a replay goes on", checkpoint_in, nullptr, true},
};
constexpr Edge action_edges[] = {
    {"redo", "", &tables::log_bytes, "the bytes to do it again with", redo_of, nullptr, true},
    {"undo", "", &tables::log_bytes, "the bytes to take it back with", undo_of, nullptr, true},
};

constexpr const char *source = "https://flatcap.github.io/linux-ntfs/ntfs/files/logfile.html";

} // namespace

namespace tables {
constexpr Struct log_record = {.name = "ntfs.log_record",
                               .meaning = "an entry of the journal",
                               .size = Num("client_data_length", 1, record_header),
                               .fields = record_fields,
                               .edges = record_edges,
                               .source = source};
constexpr Struct log_action = {.name = "ntfs.log_action",
                               .meaning = "one change of one structure",
                               .size = 0,
                               .fields = action_fields,
                               .edges = action_edges,
                               .source = source};
constexpr Struct checkpoint = {.name = "ntfs.checkpoint",
                               .meaning = "where the tables are that a replay starts with",
                               .size = 0x40,
                               .fields = checkpoint_fields,
                               .source = source};
constexpr Struct log_bytes = {.name = "ntfs.log_bytes",
                              .meaning = "the bytes of a change",
                              .size = 0,
                              .fields = bytes_fields,
                              .source = source};
static_assert(sound(log_record) && sound(log_action) && sound(checkpoint) && sound(log_bytes));
} // namespace tables

} // namespace lab::ntfs
