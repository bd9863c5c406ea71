// SPDX-License-Identifier: GPL-2.0-or-later
//
// A qcow2 overlay over the image, shown as a file that begins and ends where the volume does
// (qemu-storage-daemon's FUSE export), the tool on that file, and then the overlay's own clusters
// compared with what lies below.
#include "edit/foreign.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/process.h"
#include "device/open.h"
#include "device/server.h"

namespace lab {

namespace {

namespace fs = std::filesystem;

constexpr int patience = 60; ///< seconds; a file of a few KiB takes milliseconds

/// A folder of our own that goes when we do. /tmp, because AppArmor lets FUSE mount there.
class Workshop {
public:
  Workshop() {
    std::string name = (fs::temp_directory_path() / "corruptor.XXXXXX").string();
    if (!mkdtemp(name.data())) throw IoError("cannot make a folder in " + fs::temp_directory_path().string());
    folder = name;
  }
  ~Workshop() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  std::string file(const char *name) const { return (folder / name).string(); }

private:
  fs::path folder;
};

void expect_success(const std::string &what, const Finished &finished) {
  if (finished.code != 0) throw IoError(fmt::format("{} failed ({}): {}", what, finished.code, finished.output));
}

/// The server is ready when its pid file is there.
void wait_for(Companion &server, const std::string &file) {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(patience);
  while (!fs::exists(file)) {
    if (!server.running() || std::chrono::steady_clock::now() > end)
      throw IoError("qemu-storage-daemon does not start: " + server.output());
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void take_difference(const std::string &overlay_file, const Space &disk, Overlay &result, const std::string &why) {
  Finished map = run_program({"qemu-img", "map", "--output=json", overlay_file}, patience);
  expect_success("qemu-img map", map);
  OpenOptions options;
  options.format = "qcow2";
  std::shared_ptr<Device> changed = open_image(overlay_file, options);
  for (const auto &row : nlohmann::json::parse(map.output)) {
    if (row["depth"] != 0) continue; // found in the image below: not written by the tool
    Extent range{row["start"], row["length"]};
    constexpr u64 sector = 512;
    for (u64 at = range.at; at < range.end(); at += sector) {
      u64 length = std::min(sector, range.end() - at);
      Bytes now = bytes_at(*changed, at, length);
      if (now != bytes_at(disk, at, length)) result.put(at, now, why);
    }
  }
}

} // namespace

void run_on_overlay(const ForeignTool &tool, const Space &disk, Overlay &result) {
  Workshop workshop;
  std::string overlay = workshop.file("overlay.qcow2"), volume = workshop.file("volume");
  std::string source = workshop.file("source"), ready = workshop.file("ready");
  create_overlay(tool.image, tool.format, overlay);
  std::ofstream(volume).close();
  std::ofstream(source, std::ios::binary).write(reinterpret_cast<const char *>(tool.source.data()),
                                                static_cast<std::streamsize>(tool.source.size()));
  std::vector<std::string> argv = tool.argv;
  for (std::string &word : argv)
    word = word == "{volume}" ? volume : word == "{source}" ? source : word == "{target}" ? tool.target : word;
  {
    Companion server({"qemu-storage-daemon", "--blockdev",
                      fmt::format("driver=qcow2,node-name=disk,file.driver=file,file.filename={}", doubled_commas(overlay)),
                      "--blockdev",
                      fmt::format("driver=raw,node-name=volume,file=disk,offset={},size={}", tool.volume.at,
                                  tool.volume.length),
                      "--export",
                      fmt::format("type=fuse,id=volume,node-name=volume,mountpoint={},writable=on", volume),
                      "--pidfile", ready});
    wait_for(server, ready);
    expect_success(argv[0], run_program(argv, patience));
    server.stop(patience);
  }
  take_difference(overlay, disk, result, "put " + tool.target);
}

} // namespace lab
