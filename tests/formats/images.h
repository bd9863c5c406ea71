// SPDX-License-Identifier: GPL-2.0-or-later
//
// Images for the tests of formats, made by the tools that people make disks with: sfdisk, sgdisk,
// mkfs.fat and mtools. Files are sparse, so an image may be larger than the disk it lies on.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <variant>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "device/device.h"
#include "formats/all.h"
#include "schema/path.h"
#include "schema/value.h"

namespace lab::test {

/// A raw image in a folder of its own, both gone afterwards; also the root space of what is read.
class RawImage : public Device {
 public:
  explicit RawImage(u64 size) {
    char pattern[] = "/tmp/corruptor-test-XXXXXX";
    folder = mkdtemp(pattern);
    file = folder / "disk.raw";
    descriptor = ::open(file.c_str(), O_RDWR | O_CREAT, 0600);
    resize(size);
  }
  ~RawImage() override {
    ::close(descriptor);
    std::filesystem::remove_all(folder);
  }

  u64 size() const override { return length; }
  void read(u64 at, std::span<u8> out) const override {
    check_range(at, out.size(), size());
    ASSERT_EQ(pread(descriptor, out.data(), out.size(), static_cast<off_t>(at)),
              static_cast<ssize_t>(out.size()));
  }
  void write(u64 at, std::span<const u8> data) override {
    ASSERT_EQ(pwrite(descriptor, data.data(), data.size(), static_cast<off_t>(at)),
              static_cast<ssize_t>(data.size()));
  }
  void zero(u64 at, u64 length) override { write(at, Bytes(length)); }
  void flush() override {}
  void resize(u64 size) {
    ASSERT_EQ(ftruncate(descriptor, static_cast<off_t>(size)), 0);
    length = size;
  }

  /// Runs a shell command in which {disk} and {dir} are put in; the test fails if it does.
  void run(const std::string &command) {
    std::string line =
        fmt::format(fmt::runtime(command), fmt::arg("disk", file.string()), fmt::arg("dir", folder.string()));
    std::string log = (folder / "log").string();
    int status = std::system(("( " + line + " ) >" + log + " 2>&1").c_str());
    std::ifstream text(log);
    EXPECT_EQ(status, 0) << line << "\n" << text.rdbuf();
  }

  std::filesystem::path folder, file;

 private:
  int descriptor;
  u64 length = 0;
};

using Image = std::shared_ptr<RawImage>;
inline Image image(u64 size) { return std::make_shared<RawImage>(size); }
constexpr u64 MiB = u64{1} << 20;

inline Target at(const Node &root, const std::string &path) { return resolve(root, parse_path(path)); }

inline Value get(const Node &root, const std::string &path) {
  Target target = at(root, path);
  return value_of(target.node, *target.field, target.index);
}
inline u64 get_number(const Node &root, const std::string &path) { return std::get<u64>(get(root, path)); }
inline std::string get_text(const Node &root, const std::string &path) {
  return std::get<std::string>(get(root, path));
}

/// Writes a value through its field, as a tool of the devil would: no plan, no sums.
inline void set(RawImage &disk, const Node &root, const std::string &path, const Value &value) {
  Target target = at(root, path);
  Bits bits = encode(*target.field, value, gather(target.node, *target.field, target.index).width);
  for (const BytesAt &piece : scatter(target.node, *target.field, bits, target.index)) {
    u64 done = 0;
    for (const Extent &extent : target.node.space->locate(piece.at, piece.bytes.size())) {
      disk.write(extent.at, std::span(piece.bytes).subspan(done, extent.length));
      done += extent.length;
    }
  }
}

/// The message of the error of this kind that `action` throws.
template <class E, class Action> std::string message_of(Action action) {
  try {
    action();
  } catch (const E &error) { return error.what(); }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

/// The names of an edge's children, and the Damage that ends them.
struct Children {
  std::vector<Node> nodes;
  std::string damage;
};
inline Children children(const Node &node, const std::string &edge) {
  Children result;
  try {
    edge_named(*node.type, edge)->each(node, [&](Node one) {
      result.nodes.push_back(std::move(one));
      return true;
    });
  } catch (const Damage &damage) { result.damage = damage.what(); }
  return result;
}

/// Visits everything below a node, as deep as a path may go; returns how much there was.
inline u64 walk(const Node &node, u64 budget = 20000, int depth = 0) {
  u64 seen = 1;
  auto visit = [&](const Node &one) {
    if (depth < 6 && seen < budget) seen += walk(one, budget - seen, depth + 1);
    return seen < budget;
  };
  for (const Field &field : node.type->fields) {
    try {
      if (present(node, field)) value_of(node, field);
    } catch (const Damage &) {
      seen++; // damage is an answer like any other
    }
  }
  for (const Edge &edge : node.type->edges) {
    try {
      if (edge.each)
        edge.each(node, visit);
      else if (std::optional<Node> one = edge.find(node, {}))
        visit(*one);
    } catch (const Damage &) { seen++; }
  }
  return seen;
}

} // namespace lab::test
