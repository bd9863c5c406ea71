// SPDX-License-Identifier: GPL-2.0-or-later
#include "partitions.h"

#include <blkid/blkid.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "loop.h"
#include "sysfs.h"
#include "text.h"

namespace {

// What `blkid --probe` says of a device: of its partition table ("PTTYPE") and of its file system ("TYPE").
std::map<std::string, std::string> probed(const std::string &device) {
  std::map<std::string, std::string> said{{"PTTYPE", ""}, {"TYPE", ""}};
  blkid_probe probe = blkid_new_probe_from_filename(device.c_str());
  if (probe == nullptr) { return said; }
  blkid_probe_enable_superblocks(probe, 1);
  blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE);
  blkid_probe_enable_partitions(probe, 1);
  if (blkid_do_safeprobe(probe) == 0) {
    for (auto &[name, value] : said) {
      const char *data = nullptr;
      if (blkid_probe_lookup_value(probe, name.c_str(), &data, nullptr) == 0) { value = as_text(data); }
    }
  }
  blkid_free_probe(probe);
  return said;
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
                       probed("/dev/" + name).at("TYPE")};
    }
  }
  nlohmann::json rows = nlohmann::json::array();
  for (const auto &[number, row] : found) { rows.push_back(row); }
  const auto whole = probed(Loop::device);
  return {{"table", whole.at("PTTYPE")}, {"volume", whole.at("TYPE")}, {"found", rows}};
}
