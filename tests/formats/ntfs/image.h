// SPDX-License-Identifier: GPL-2.0-or-later
//
// Real NTFS volumes for tests: made by mkntfs, filled by ntfs-3g, looked at by ntfsinfo and sleuthkit.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include <gtest/gtest.h>

#include "base/process.h"
#include "device/memory.h"
#include "formats/ntfs/ntfs.h"
#include "schema/path.h"

namespace lab {

/// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/ntfs-test-XXXXXX";
    if (!mkdtemp(name)) throw std::runtime_error("no temporary folder");
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder &) = delete;
  std::string path;
};

inline std::string output_of(const std::vector<std::string> &argv) {
  Finished run = run_program(argv, 120);
  if (run.code != 0) throw std::runtime_error(argv[0] + ": " + run.output);
  return run.output;
}

/// A volume in a file, for other tools, and in memory, for us.
struct Volume {
  Folder folder;
  std::string file = folder.path + "/volume.raw";
  std::shared_ptr<MemoryDevice> disk;

  /// Runs `script` in a shell at the root of the mounted volume, in namespaces that end with it, so
  /// that no mount stays behind; the mount is undone, and ntfs-3g has written everything, before it ends.
  void fill(const std::string &script, const std::string &options = "streams_interface=windows,compression") {
    std::string mounted = folder.path + "/mounted";
    std::filesystem::create_directory(mounted);
    std::string whole = "ntfs-3g -o no_detach," + options + " '" + file + "' '" + mounted +
                        "' & server=$!\n" + "until mountpoint -q '" + mounted +
                        "'; do kill -0 $server; done\n" + "cd '" + mounted + "'\n" + script +
                        "\ncd /\numount '" + mounted + "'\nwait $server\n";
    output_of({"unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-euc", whole});
    load();
  }

  /// Takes the file's bytes into memory.
  void load() {
    Bytes bytes(std::filesystem::file_size(file));
    std::ifstream(file, std::ios::binary)
        .read(reinterpret_cast<char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    disk = std::make_shared<MemoryDevice>(std::move(bytes));
  }

  /// The file as it is in memory, for other tools.
  void save() const {
    std::ofstream stream(file, std::ios::binary);
    stream.write(reinterpret_cast<const char *>(disk->bytes.data()),
                 static_cast<std::streamsize>(disk->bytes.size()));
  }
};

struct Make {
  u64 size = 16 << 20;
  u64 cluster = 4096;
  u64 sector = 512;
  std::string label = "tested";
};

inline std::unique_ptr<Volume> make_volume(const Make &make = {}) {
  auto volume = std::make_unique<Volume>();
  std::ofstream(volume->file).close();
  std::filesystem::resize_file(volume->file, make.size);
  output_of({"mkntfs", "--force", "--quick", "--quiet", "--label", make.label, "--cluster-size",
             std::to_string(make.cluster), "--sector-size", std::to_string(make.sector), "--partition-start",
             "0", "--heads", "255", "--sectors-per-track", "63", volume->file});
  volume->load();
  return volume;
}

/// The opened volume, below a disk that is nothing else.
inline Node open_volume(const SpacePtr &space, u64 sector = 512) {
  static constexpr Struct disk = {.name = "disk", .meaning = "the disk", .size = 0};
  Node root;
  root.type = &disk;
  root.space = space;
  return ntfs_format().open(root, space, sector);
}

/// Paths in tests are written as users write them, from `ntfs` on.
inline Target at(const Node &volume, std::string path) {
  if (path == "ntfs") return Target{volume, nullptr, 0, std::nullopt};
  return resolve(volume, parse_path(path.substr(std::string("ntfs.").size())));
}

inline Value value_at(const Node &volume, const std::string &path) {
  Target target = at(volume, path);
  if (!target.field) throw std::runtime_error(path + " is no field");
  return value_of(target.node, *target.field, target.index);
}

inline u64 number_at(const Node &volume, const std::string &path) {
  Value value = value_at(volume, path);
  if (const i64 *sint = std::get_if<i64>(&value)) return static_cast<u64>(*sint);
  return std::get<u64>(value);
}

inline std::string text_at(const Node &volume, const std::string &path) {
  return std::get<std::string>(value_at(volume, path));
}

/// Sets a stored field in memory.
inline void set(Volume &volume, const Node &node, const char *field, const Value &value, u64 index = 0) {
  const Field &row = *field_named(*node.type, field);
  for (const BytesAt &change :
       scatter(node, row, encode(row, value, gather(node, row, index).width), index)) {
    u64 done = 0;
    for (const Extent &extent : node.space->locate(change.at, change.bytes.size())) {
      volume.disk->write(extent.at, std::span(change.bytes).subspan(done, extent.length));
      done += extent.length;
    }
  }
}

/// Sets the field at `path`, through its view if it is one.
inline void set(Volume &volume, const std::string &path, const Value &value, u64 sector = 512) {
  Target target = at(open_volume(volume.disk, sector), path);
  if (!target.field->is_view()) return set(volume, target.node, target.field->name, value, target.index);
  for (const Edit &edit : target.field->edits(target.node, value))
    set(volume, edit.node, edit.field, edit.value);
}

/// Overwrites the place of `path` with one byte.
inline void wipe(Volume &volume, const std::string &path, u8 byte = 0) {
  for (const Extent &extent : extents_of(at(open_volume(volume.disk), path)))
    volume.disk->write(extent.at, Bytes(extent.length, byte));
}

inline std::string all_notes(const Node &node) {
  std::string all;
  for (const std::string &note : node.notes) all += note + "\n";
  return all;
}

/// The message of the error of type E that `action` throws.
template <class E, class F> std::string thrown_by(F action) {
  try {
    action();
  } catch (const E &error) { return error.what(); }
  return "nothing was thrown";
}

inline bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace lab
