// SPDX-License-Identifier: GPL-2.0-or-later
#include "partitions.h"

#include <blkid/blkid.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "loop.h"
#include "text.h"

namespace {

// What `blkid --probe --match-tag NAME` says.
std::string probed(const std::string &device, const char *name) {
  blkid_probe probe = blkid_new_probe_from_filename(device.c_str());
  if (probe == nullptr) { return ""; }
  blkid_probe_enable_superblocks(probe, 1);
  blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE);
  blkid_probe_enable_partitions(probe, 1);
  std::string value;
  const char *data = nullptr;
  if (blkid_do_safeprobe(probe) == 0 && blkid_probe_lookup_value(probe, name, &data, nullptr) == 0) {
    value = as_text(data);
  }
  blkid_free_probe(probe);
  return value;
}

std::uint64_t number_in(const std::filesystem::path &file) {
  std::uint64_t number = 0;
  std::ifstream(file) >> number;
  return number;
}

} // namespace

nlohmann::json find_partitions() {
  const std::string disk = "loop0";
  std::map<std::uint64_t, nlohmann::json> found;
  for (const auto &entry : std::filesystem::directory_iterator("/sys/block/" + disk)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(disk + "p")) {
      const std::uint64_t number = std::stoull(name.substr(disk.size() + 1));
      found[number] = {number, number_in(entry.path() / "start"), number_in(entry.path() / "size"),
                       probed("/dev/" + name, "TYPE")};
    }
  }
  nlohmann::json rows = nlohmann::json::array();
  for (const auto &[number, row] : found) { rows.push_back(row); }
  return {
      {"table", probed(Loop::device, "PTTYPE")}, {"volume", probed(Loop::device, "TYPE")}, {"found", rows}};
}
