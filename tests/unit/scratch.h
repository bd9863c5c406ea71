// SPDX-License-Identifier: GPL-2.0-or-later
//
// What tests of devices share: a folder of their own, images made by qemu-img, and the whole
// content of an image as bytes.
#pragma once

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "device/open.h"
#include "base/process.h"
#include "edit/apply.h"

namespace lab {

/// A new folder, removed at the end.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "labXXXXXX").string();
    if (!mkdtemp(name.data())) throw IoError("mkdtemp: " + name);
    folder = name;
  }
  ~Scratch() { std::filesystem::remove_all(folder); }
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;

  std::string operator/(const std::string &name) const { return (folder / name).string(); }

  std::filesystem::path folder;
};

inline void run(const std::vector<std::string> &command) {
  Finished ran = run_program(command, 60);
  if (ran.code != 0) throw IoError(command[0] + ": " + ran.output);
}

inline Bytes random_bytes(u64 length, unsigned seed) {
  std::mt19937_64 random(seed);
  Bytes bytes(length);
  for (u8 &byte : bytes) byte = static_cast<u8>(random());
  return bytes;
}

inline void write_file(const std::string &path, std::span<const u8> bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

inline Bytes read_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::shared_ptr<Device> open_for_reading(const std::string &path, const std::string &format = "") {
  OpenOptions options;
  options.format = format;
  return open_image(path, options);
}

inline std::shared_ptr<Device> open_for_writing(const std::string &path, const std::string &format = "") {
  OpenOptions options;
  options.writable = true;
  options.format = format;
  return open_image(path, options);
}

/// The whole disk, read by qemu-img, not by us.
inline Bytes content_of(const std::string &image, const std::string &format) {
  std::string plain = image + ".plain";
  run({"qemu-img", "convert", "-f", format, "-O", "raw", image, plain});
  Bytes bytes = read_file(plain);
  std::filesystem::remove(plain);
  return bytes;
}

/// The words of the error of kind `kind` that `act` must end with.
template <typename Act> std::string error_of(Kind kind, Act act) {
  try {
    act();
  } catch (const Error &error) {
    EXPECT_EQ(error.kind, kind) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

} // namespace lab
