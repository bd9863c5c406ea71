// SPDX-License-Identifier: GPL-2.0-or-later
#include "loop.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace {

int opened(const std::string &path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) { throw std::system_error(errno, std::generic_category(), path); }
  return file;
}

} // namespace

Loop::Loop(const std::string &slot, std::uint64_t size, std::uint32_t sector_size, bool partitions)
    : loop_(opened(device, O_RDWR)) {
  const int file = opened(slot, O_RDWR);
  loop_config config{};
  config.fd = static_cast<std::uint32_t>(file);
  config.block_size = sector_size;
  config.info.lo_sizelimit = size;
  if (partitions) { config.info.lo_flags = LO_FLAGS_PARTSCAN; }
  const int failed = ::ioctl(loop_, LOOP_CONFIGURE, &config) < 0 ? errno : 0;
  ::close(file);
  if (failed != 0) {
    ::close(loop_);
    throw std::system_error(failed, std::generic_category(), device);
  }
}

bool Loop::detach() {
  ::ioctl(loop_, LOOP_CLR_FD);
  ::close(loop_);
  loop_ = -1;
  return !std::filesystem::exists("/sys/block/loop0/loop");
}

Loop::~Loop() {
  if (loop_ >= 0) { detach(); }
}
