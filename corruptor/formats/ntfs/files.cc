// SPDX-License-Identifier: GPL-2.0-or-later
//
// From the root through the indexes of directories, each of which is entered once. A name counts if the record that it
// leads to is in use, and still the one that it was made for: by its sequence number.
#include "formats/ntfs/files.h"

#include <set>

#include <fmt/format.h>

#include "formats/ntfs/attribute.h"
#include "formats/ntfs/index.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/stream.h"
#include "formats/ntfs/tables.h"
#include "formats/ntfs/unpacked.h"
#include "formats/ntfs/values.h"
#include "schema/value.h"

namespace lab::ntfs {

namespace {

constexpr u64 root_directory = 5, first_of_user = 16, dos_namespace = 2;
constexpr u64 name_surrogate = u64{1} << 29; ///< of a reparse tag: it stands for another file

struct Directory {
  u64 record;
  std::string path;
};

class Walk {
public:
  Walk(const Node &volume, const Visit &visit) : volume(volume), visit(visit) {}

  void run() {
    waiting.push_back({root_directory, ""});
    while (!waiting.empty() && more) {
      Directory directory = std::move(waiting.back());
      waiting.pop_back();
      try {
        each_index_entry(record_at(volume, directory.record), [&](Node entry) { return more = take(entry, directory.path); });
      } catch (const Damage &error) { note(error); }
    }
    if (more && damage) throw *damage;
  }

private:
  bool take(const Node &entry, const std::string &folder) {
    try {
      if (entry.type != &tables::index_entry) damaged(entry, 0, "an entry of an index that is not of names");
      u64 n = number(entry, "record"), sequence = number(entry, "sequence");
      std::optional<Node> name = edge_named(*entry.type, "file_name")->find(entry, Key{});
      if (n < first_of_user || !name || number(*name, "name_space") == dos_namespace) return true;
      Node record = record_at(volume, n);
      record.label = folder + "/" + file_name_text(*name);
      if (!number(record, "in_use") || number(record, "sequence_number") != sequence)
        damaged(entry, 0, fmt::format("{} leads to record {} with sequence number {}, where no such file is", record.label, n, sequence));
      if (number(record, "directory") && entered.insert(n).second) waiting.push_back({n, record.label});
      return visit(std::move(record));
    } catch (const Damage &error) { note(error); }
    return true;
  }

  void note(const Damage &error) {
    if (!damage) damage = error;
  }

  const Node &volume;
  const Visit &visit;
  std::vector<Directory> waiting;
  std::set<u64> entered = {root_directory};
  std::optional<Damage> damage;
  bool more = true;
};

} // namespace

void each_file(const Node &volume, const Visit &visit) { Walk(volume, visit).run(); }

std::optional<FileContent> file_content(const Node &record) {
  if (number(record, "directory")) return std::nullopt;
  if (std::optional<Node> link = edge_named(*record.type, "reparse_point")->find(record, Key{})) {
    u64 tag = number(*link, "tag");
    if (tag & name_surrogate) return std::nullopt;
    return FileContent{0, nullptr, fmt::format("its bytes are the business of another driver, by the reparse tag {:#x}", tag)};
  }
  std::optional<Node> data = find_attribute(record, data_type, "");
  if (!data) return FileContent{0, nullptr, "no $DATA attribute"};
  if (is_resident(*data)) {
    SpacePtr bytes = content_of(*data);
    return FileContent{bytes->size(), bytes, ""};
  }
  FileContent result{number(*data, "data_size"), nullptr, ""};
  result.bytes = unit_clusters(*data) ? unpacked_content(*data) : content_of(*data);
  if (number(*data, "encrypted")) result.trouble = "encrypted";
  if (u64 there = result.bytes->size(); there < result.size)
    result.trouble = fmt::format("the runs hold {} bytes, data_size is {}", there, result.size);
  return result;
}

} // namespace lab::ntfs
