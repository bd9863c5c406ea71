// SPDX-License-Identifier: GPL-2.0-or-later
//
// Signatures and references, read straight from the files. Only two formats name other files: qcow2
// (a backing file, an external data file) and VMDK (extents and a parent, in a text descriptor).
// https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.txt
// https://www.vmware.com/app/vmdk/?src=vmdk (Virtual Disk Format 5.0)
#include "device/detect.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"

namespace lab {

namespace {
struct Signature {
  const char *format;
  i64 at; ///< negative: from the end
  std::string_view bytes;
};
using namespace std::string_view_literals;
constexpr Signature signatures[] = {
    {"qcow2", 0, "QFI\xfb\0\0\0\2"sv},
    {"qcow2", 0, "QFI\xfb\0\0\0\3"sv},
    {"vmdk", 0, "KDMV"sv},
    {"vmdk", 0, "COWD"sv},
    {"vmdk", 0, "# Disk DescriptorFile"sv},
    {"vdi", 64, "\x7f\x10\xda\xbe"sv},
    {"vhdx", 0, "vhdxfile"sv},
    {"vpc", 0, "conectix"sv},    // dynamic
    {"vpc", -512, "conectix"sv}, // fixed: only a footer
};
constexpr std::array formats = {"raw", "qcow2", "vmdk", "vdi", "vhdx", "vpc"};

/// A file that an image is made of.
struct Reference {
  const char *role;
  std::string name;
  bool is_image; ///< may name further files itself
};
} // namespace

static std::string text_at(const File &file, u64 at, size_t most) {
  Bytes bytes = file.read_at(at, most);
  return {bytes.begin(), bytes.end()};
}

static u64 big_endian(const std::string &text, size_t at, size_t width) {
  u64 value = 0;
  for (size_t i = 0; i < width && at + i < text.size(); i++)
    value = value << 8 | static_cast<u8>(text[at + i]);
  return value;
}

std::string detect_format(const std::string &path) {
  File file(path, O_RDONLY);
  u64 size = file.size();
  for (const Signature &signature : signatures) {
    u64 back = static_cast<u64>(-signature.at);
    if (signature.at < 0 && back > size) continue;
    u64 at = signature.at < 0 ? size - back : static_cast<u64>(signature.at);
    if (text_at(file, at, signature.bytes.size()) == signature.bytes) return signature.format;
  }
  return "raw";
}

void check_format(const std::string &path, const std::string &format) {
  if (std::ranges::find(formats, format) == formats.end())
    throw Misuse(
        fmt::format("unknown image format \"{}\", expected one of {}", format, fmt::join(formats, ", ")));
  std::string found = detect_format(path);
  if (format != "raw" && format != found)
    throw Misuse(fmt::format("{}: was declared as {}, but has the signature of {}", path, format, found));
}

/// The header's extensions lie between the header and the first cluster's end: (type, length, data)
/// padded to 8 bytes.
static std::vector<Reference> qcow2_references(const File &file) {
  constexpr u64 data_file_type = 0x44415441;
  std::string header = text_at(file, 0, 64 << 10);
  std::vector<Reference> found;
  u64 name_at = big_endian(header, 8, 8);
  u64 name_length = std::min<u64>(big_endian(header, 16, 4), 1023);
  if (name_at != 0) found.push_back({"backing file", text_at(file, name_at, name_length), true});
  u64 at = big_endian(header, 4, 4) == 2 ? 72 : big_endian(header, 100, 4);
  while (at + 8 <= header.size()) {
    u64 type = big_endian(header, at, 4);
    u64 length = big_endian(header, at + 4, 4);
    if (type == 0 || length > header.size() - at - 8) break;
    if (type == data_file_type) found.push_back({"data file", header.substr(at + 8, length), false});
    at += 8 + (length + 7) / 8 * 8;
  }
  return found;
}

static std::string first_quoted(const std::string &line) {
  size_t open = line.find('"');
  if (open == std::string::npos) return "";
  return line.substr(open + 1, line.find('"', open + 1) - open - 1);
}

/// The descriptor is a file of its own, or a range of sectors that a sparse file's header tells.
static std::string vmdk_descriptor(const File &file) {
  std::string header = text_at(file, 0, 512);
  if (header.starts_with("#")) return text_at(file, 0, 1 << 20);
  if (!header.starts_with("KDMV") || header.size() < 512) return "";
  auto little_endian = [&header](size_t at) {
    std::string word = header.substr(at, 8);
    std::ranges::reverse(word);
    return big_endian(word, 0, 8);
  };
  u64 at = little_endian(28);
  u64 sectors = std::min<u64>(little_endian(36), 2048);
  if (at > file.size() / 512) return "";
  return text_at(file, at * 512, sectors * 512);
}

static std::vector<Reference> vmdk_references(const File &file) {
  std::vector<Reference> found;
  std::istringstream lines(vmdk_descriptor(file));
  for (std::string line; std::getline(lines, line);) {
    bool is_extent = line.starts_with("RW ") || line.starts_with("RDONLY ") || line.starts_with("NOACCESS ");
    std::string name = first_quoted(line);
    if (name.empty()) continue;
    if (is_extent) found.push_back({"extent", name, false});
    if (line.starts_with("parentFileNameHint")) found.push_back({"parent", name, true});
  }
  return found;
}

static bool has_protocol(const std::string &name) {
  size_t at = name.find_first_of(":/");
  return at != std::string::npos && name[at] == ':';
}

static bool is_inside(const std::filesystem::path &file, const std::filesystem::path &folder) {
  return std::mismatch(folder.begin(), folder.end(), file.begin(), file.end()).first == folder.end();
}

static void check_chain(const std::string &path, const std::string &format,
                        const std::filesystem::path &folder, const std::string &image, int depth) {
  if (depth > 100) throw Refused(image + ": its backing files name each other in a circle");
  std::vector<Reference> references;
  if (format == "qcow2") references = qcow2_references(File(path, O_RDONLY));
  if (format == "vmdk") references = vmdk_references(File(path, O_RDONLY));
  for (const Reference &reference : references) {
    std::filesystem::path target = std::filesystem::path(folder_of(path)) / reference.name;
    if (has_protocol(reference.name) || !is_inside(std::filesystem::weakly_canonical(target), folder))
      throw Refused(
          fmt::format("{}: was recognised as {}, and {} names the {} {}, which is outside the image's own "
                      "folder: an image from elsewhere could use any file of this machine that way; if you "
                      "trust it, declare its format (--format {})",
                      image, detect_format(image), path == image ? "it" : path, reference.role,
                      reference.name, detect_format(image)));
    if (reference.is_image && status_of(target.string()))
      check_chain(target.string(), detect_format(target.string()), folder, image, depth + 1);
  }
}

void check_references(const std::string &path, const std::string &format) {
  check_chain(path, format, std::filesystem::canonical(folder_of(path)), path, 0);
}

} // namespace lab
