// SPDX-License-Identifier: GPL-2.0-or-later
//
// `--volume`: a partition's number, or a place for when no table leads there any more.
#include <fmt/format.h>

#include "base/checked.h"
#include "formats/disk/disk.h"
#include "schema/value.h"

namespace lab {

static constexpr char expected[] =
    "expected a partition's number, or offset=1MiB, or offset=1435648,length=4GiB";

VolumeChoice parse_volume_choice(std::string_view text) {
  VolumeChoice choice;
  if (text.empty()) return choice;
  if (text.find('=') == std::string_view::npos) {
    choice.partition = parse_number(text);
    return choice;
  }
  for (size_t at = 0; at <= text.size();) {
    size_t comma = std::min(text.find(',', at), text.size());
    std::string_view part = text.substr(at, comma - at);
    at = comma + 1;
    if (part.starts_with("offset=") && !choice.offset)
      choice.offset = parse_number(part.substr(7));
    else if (part.starts_with("length=") && !choice.length)
      choice.length = parse_number(part.substr(7));
    else
      throw Misuse(fmt::format("--volume '{}': '{}' is not understood; {}", text, part, expected));
  }
  if (!choice.offset)
    throw Misuse(fmt::format("--volume '{}': a length needs an offset; {}", text, expected));
  return choice;
}

static std::string listed(const DiskFacts &facts) {
  std::string numbers;
  for (const Partition &partition : facts.partitions)
    numbers += (numbers.empty() ? "" : ", ") + std::to_string(partition.number);
  return numbers.empty() ? "none" : numbers;
}

/// A volume at `offset` ends where its partition does, or before the next one, or with the disk.
static u64 end_of_volume(const DiskFacts &facts, u64 offset) {
  u64 end = facts.disk->size();
  for (const Partition &partition : facts.partitions) {
    if (partition.place.at <= offset && offset < partition.place.end()) return partition.place.end();
    if (partition.place.at > offset) end = std::min(end, partition.place.at);
  }
  return end;
}

std::optional<Partition> chosen_partition(const DiskFacts &facts, const VolumeChoice &choice) {
  u64 disk_size = facts.disk->size();
  if (choice.partition) {
    for (const Partition &partition : facts.partitions)
      if (partition.number == *choice.partition) return partition;
    if (*choice.partition == 0) return facts.whole;
    throw Misuse(
        fmt::format("there is no partition {} on the disk; there are: {}", *choice.partition, listed(facts)));
  }
  if (!choice.offset) return std::nullopt;
  u64 offset = *choice.offset;
  if (offset >= disk_size)
    throw Misuse(fmt::format("--volume offset={}: the disk ends at {}", offset, disk_size));
  u64 length = choice.length.value_or(end_of_volume(facts, offset) - offset);
  if (length == 0 || length > disk_size - offset)
    throw Misuse(fmt::format("--volume offset={},length={}: the disk ends at {}", offset, length, disk_size));
  for (const Partition &partition : facts.partitions)
    if (partition.place == Extent{offset, length}) return partition;
  return Partition{0, {offset, length}, 0, "chosen by offset", "", signs_in(facts, {offset, length})};
}

} // namespace lab
