// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small contents are hexadecimal digits in the line itself; large ones are {"fill":"00"} or
// {"data":[[offset, length, offset in the data file, CRC-32], ...]}.
#include "edit/journal_lines.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/sums.h"
#include "base/version.h"
#include "device/memory.h"
#include "edit/stored.h"

namespace lab {

using Json = nlohmann::ordered_json;

/// Names of files may hold bytes that are no UTF-8; a plan's words are for people, so they may give.
static std::string line_of(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

static std::string sum_of(const std::vector<std::string> &lines, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; i++) text += lines[i] + '\n';
  return fmt::format("{:08x}", crc32({reinterpret_cast<const u8 *>(text.data()), text.size()}));
}

static u32 sum_in(const Json &json) { return static_cast<u32>(std::stoul(json.get<std::string>(), nullptr, 16)); }

namespace {
class Writer {
 public:
  Writer(const std::string &data_path, u64 data_at, u64 total, const Progress &progress)
      : data_path(data_path), data_at(data_at), total(total), progress(progress) {}

  Json patch(const Patch &patch) {
    Json json = {{"at", patch.at}};
    if (patch.length > small_patch) json["length"] = patch.length;
    json["before"] = content(*patch.before);
    json["after"] = content(*patch.after);
    json["why"] = patch.why;
    done += patch.length;
    return json;
  }

  void sync() {
    if (file) file->sync();
  }

 private:
  Json content(const Space &space) {
    if (space.size() <= small_patch) return hex(bytes_at(space, 0, space.size()));
    if (const FilledSpace *filled = dynamic_cast<const FilledSpace *>(&space))
      return {{"fill", hex({&filled->value, 1})}};
    if (!file) {
      file = std::make_unique<File>(data_path, O_RDWR | O_CREAT);
      file->truncate(data_at);
    }
    Progress part = [this](u64 stored, u64) {
      if (progress) progress(done + stored, total);
    };
    Json chunks = Json::array();
    for (const StoredChunk &chunk : store(space, *file, data_at, part)) {
      chunks.push_back({chunk.at, chunk.length, chunk.data_at, fmt::format("{:08x}", chunk.sum)});
      data_at = chunk.data_at + chunk.length;
    }
    return {{"data", std::move(chunks)}};
  }

  const std::string &data_path;
  u64 data_at;
  u64 total;
  const Progress &progress;
  u64 done = 0;
  std::unique_ptr<File> file; ///< made when the first content needs it
};

class Reader {
 public:
  explicit Reader(const std::string &data_path) : data_path(data_path) {}

  Patch patch(const Json &json) {
    Patch patch;
    patch.at = json.at("at");
    patch.length =
        json.contains("length") ? u64{json["length"]} : json.at("before").get<std::string>().size() / 2;
    patch.before = content(json.at("before"), patch.length);
    patch.after = content(json.at("after"), patch.length);
    patch.why = json.at("why");
    return patch;
  }

  u64 data_end = 0;

 private:
  SpacePtr content(const Json &json, u64 length) {
    if (json.is_string()) return memory_space(unhex(json.get<std::string>()));
    if (json.contains("fill")) return filled_space(unhex(json["fill"].get<std::string>()).at(0), length);
    std::vector<StoredChunk> chunks;
    for (const Json &chunk : json.at("data")) {
      chunks.push_back({chunk.at(0), chunk.at(1), chunk.at(2), sum_in(chunk.at(3))});
      data_end = std::max(data_end, chunks.back().data_at + chunks.back().length);
    }
    if (!file) file = std::make_shared<File>(data_path, O_RDONLY);
    return stored_space(file, length, std::move(chunks));
  }

  const std::string &data_path;
  std::shared_ptr<const File> file;
};
} // namespace

static Json change_json(const Change &change) {
  Json extents = Json::array();
  for (const Extent &extent : change.extents) extents.push_back({extent.at, extent.length});
  return {{"change", change.path},
          {"verb", change.verb},
          {"before", change.before},
          {"after", change.after},
          {"extents", std::move(extents)}};
}

static Change change_of(const Json &json) {
  Change change{json.at("change"), json.at("verb"), json.at("before"), json.at("after"), {}};
  for (const Json &extent : json.at("extents")) change.extents.push_back({extent.at(0), extent.at(1)});
  return change;
}

static Json head_json(const Plan &plan) {
  Json sectors = Json::array();
  for (const auto &[at, sum] : plan.identity) sectors.push_back({at, fmt::format("{:08x}", sum)});
  return {{"plan", plan.name},
          {"seed", plan.seed},
          {"size", plan.size},
          {"tool", version},
          {"identity", std::move(sectors)}};
}

std::vector<std::string> write_entry(const Plan &plan, const std::string &data_path, u64 data_at,
                                     const Progress &progress) {
  std::vector<std::string> lines = {line_of(head_json(plan))};
  for (const Change &change : plan.changes) lines.push_back(line_of(change_json(change)));
  Writer writer(data_path, data_at, plan.bytes(), progress);
  for (const Patch &patch : plan.patches) lines.push_back(line_of(writer.patch(patch)));
  writer.sync();
  lines.push_back(
      line_of({{"end", plan.name}, {"lines", lines.size()}, {"sum", sum_of(lines, lines.size())}}));
  return lines;
}

static void read_line(const std::string &line, EntryLines &entry, Reader &reader) {
  Json json = Json::parse(line);
  if (json.contains("plan")) {
    entry.plan.name = json["plan"];
    entry.plan.seed = json.at("seed");
    entry.plan.size = json.at("size");
    for (const Json &sampled : json.at("identity"))
      entry.plan.identity.emplace_back(sampled.at(0), sum_in(sampled.at(1)));
  } else if (json.contains("change")) {
    entry.plan.changes.push_back(change_of(json));
  } else {
    entry.plan.patches.push_back(reader.patch(json));
  }
}

EntryLines read_entry(const std::vector<std::string> &lines, const std::string &path,
                      const std::string &data_path, size_t first_line) {
  EntryLines entry;
  Reader reader(data_path);
  size_t count = lines.size() - 1;
  size_t number = first_line + count;
  auto damaged = [&](const std::string &what) {
    return Damage(fmt::format("{}:{}: {}", path, number, what), 0);
  };
  try {
    Json end = Json::parse(lines.back());
    if (end.at("lines") != count)
      throw damaged(fmt::format("{} lines, expected {}", count, end["lines"].dump()));
    std::string sum = sum_of(lines, count);
    if (end.at("sum") != sum)
      throw damaged(fmt::format("the lines' sum is {}, expected {}", sum, end["sum"].dump()));
    number = first_line;
    for (size_t i = 0; i < count; i++, number++) read_line(lines[i], entry, reader);
  } catch (const Json::exception &error) { throw damaged(error.what()); }
  entry.data_end = reader.data_end;
  return entry;
}

} // namespace lab
