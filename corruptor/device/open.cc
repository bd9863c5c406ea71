// SPDX-License-Identifier: GPL-2.0-or-later
//
// The order matters: look at the file, lock it, find its format, and only then let a server open it.
#include "device/open.h"

#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "device/detect.h"
#include "device/lock.h"
#include "device/server.h"

namespace lab {

bool is_uri(const std::string &image) {
  return image.starts_with("nbd://") || image.starts_with("nbd+unix://");
}

/// Lets QEMU see "/...", which it takes for neither a protocol nor an option. Symbolic links stay: a
/// backing file's name is relative to the folder in which the image was named.
static std::string absolute(const std::string &path) { return std::filesystem::absolute(path).string(); }

static std::string format_of(const std::string &path, const std::string &declared, bool allow_outside_files) {
  if (!declared.empty()) {
    check_format(path, declared);
    return declared;
  }
  std::string detected = detect_format(path);
  if (!allow_outside_files) check_references(path, detected);
  return detected;
}

namespace {
/// The server ends before the lock is given back.
struct Held {
  ImageLock lock;
  std::shared_ptr<void> keeper;
};
} // namespace

std::shared_ptr<Device> open_image(const std::string &image, const OpenOptions &options) {
  if (is_uri(image)) {
    if (!options.format.empty() && options.format != "raw")
      throw Misuse(fmt::format("{}: a server has no format to declare, found {}", image, options.format));
    return connect_uri(image, options.writable);
  }
  struct stat status = check_image(image, options.writable, options.allow_block_device);
  std::shared_ptr<Held> held(new Held{ImageLock(image, options.writable), nullptr});
  std::string format = format_of(image, options.format, options.allow_outside_files);
  bool block_device = S_ISBLK(status.st_mode);
  Server server = start_server({absolute(image), format, block_device, options.writable, held->lock.fd});
  held->keeper = server.keeper;
  u64 most = format == "raw" ? File(image, O_RDONLY).size() : ~u64{0};
  return std::make_shared<NbdDevice>(held, std::move(server.connection), image, options.writable, most);
}

void create_overlay(const std::string &image, const std::string &format, const std::string &overlay) {
  std::string backing = image, backing_format = "raw";
  if (!is_uri(image)) {
    check_image(image, false, false);
    backing = absolute(image);
    backing_format = format_of(image, format, false);
  }
  if (std::filesystem::exists(std::filesystem::symlink_status(overlay)))
    throw Refused(overlay + ": exists already; name a new file for the overlay, or remove it");
  File(overlay, O_RDWR | O_CREAT | O_EXCL, 0666);
  constexpr int patience = 60; // seconds; it writes a few KiB
  Finished made = run_program(
      {"qemu-img", "create", "-q", "-f", "qcow2", "-F", backing_format, "-b", backing, absolute(overlay)}, patience);
  if (made.code == 0) return;
  ::unlink(overlay.c_str());
  if (made.code == 127) made.output = "qemu-img: not found";
  fail_by_words(image, backing_format, made.output);
}

} // namespace lab
