// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is refused, and in which words; who may hold an image; and that no server outlives us.
#include "device/open.h"

#include <csignal>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "scratch.h"

namespace lab {

static void expect_words(const std::string &text, const std::string &words) {
  EXPECT_NE(text.find(words), std::string::npos) << text;
}

TEST(Open, what_is_no_image_is_named) {
  Scratch scratch;
  std::filesystem::create_directory(scratch / "folder");
  write_file(scratch / "empty", {});
  mkfifo((scratch / "pipe").c_str(), 0600);
  auto read = [&](const char *name) { return [&scratch, name] { open_for_reading(scratch / name); }; };
  expect_words(error_of(Kind::misuse, read("absent")), "absent: no such file");
  expect_words(error_of(Kind::refused, read("folder")), "is a directory");
  expect_words(error_of(Kind::refused, read("empty")), "is empty");
  expect_words(error_of(Kind::refused, read("pipe")), "neither a file nor a block device");
}

TEST(Open, a_read_only_file_is_read_but_not_written) {
  Scratch scratch;
  write_file(scratch / "disk", Bytes(512, 1));
  chmod((scratch / "disk").c_str(), 0444);
  expect_words(error_of(Kind::refused, [&] { open_for_writing(scratch / "disk"); }),
               "is read-only (mode 0444)");
  std::shared_ptr<Device> disk = open_for_reading(scratch / "disk");
  EXPECT_EQ(bytes_at(*disk, 0, 1), Bytes{1});
  error_of(Kind::refused, [&] { disk->write(0, Bytes{2}); });
}

TEST(Open, a_block_device_is_written_only_when_allowed) {
  Scratch scratch;
  if (mknod((scratch / "device").c_str(), S_IFBLK | 0600, makedev(7, 0)) != 0) GTEST_SKIP() << "needs root";
  expect_words(error_of(Kind::refused, [&] { open_for_writing(scratch / "device"); }), "is a block device");
}

TEST(Open, a_wrong_format_is_told_before_any_server_starts) {
  Scratch scratch;
  write_file(scratch / "disk", Bytes(512, 1));
  expect_words(error_of(Kind::misuse, [&] { open_for_reading(scratch / "disk", "qcow2"); }),
               "was declared as qcow2, but has the signature of raw");
  expect_words(error_of(Kind::misuse, [&] { open_for_reading(scratch / "disk", "qcow"); }),
               "unknown image format \"qcow\"");
}

TEST(Open, a_damaged_header_is_told_in_the_words_of_qemu) {
  Scratch scratch;
  Bytes bytes(65536);
  std::copy_n("QFI\xfb\0\0\0\3", 8, bytes.begin());
  write_file(scratch / "disk", bytes);
  expect_words(error_of(Kind::io, [&] { open_for_reading(scratch / "disk"); }),
               "cannot be opened as qcow2: qemu-nbd: ");
}

TEST(Open, two_may_read_but_nobody_beside_a_writer) {
  Scratch scratch;
  for (const char *format : {"raw", "qcow2"}) {
    std::string image = scratch / format;
    run({"qemu-img", "create", "-q", "-f", format, image, "1M"});
    std::shared_ptr<Device> reader = open_for_reading(image);
    EXPECT_EQ(open_for_reading(image)->size(), 1u << 20);
    expect_words(error_of(Kind::refused, [&] { open_for_writing(image); }),
                 "is in use: process " + std::to_string(getpid()));
    reader.reset();
    std::shared_ptr<Device> writer = open_for_writing(image);
    expect_words(error_of(Kind::refused, [&] { open_for_reading(image); }), "is in use");
    writer.reset();
    EXPECT_EQ(open_for_writing(image)->size(), 1u << 20) << "given back";
  }
}

TEST(Open, a_virtual_machine_that_holds_the_image_is_respected) {
  Scratch scratch;
  run({"qemu-img", "create", "-q", "-f", "qcow2", scratch / "disk", "1M"});
  pid_t machine = fork();
  if (machine == 0) {
    std::string image = scratch / "disk", socket = scratch / "socket", pid = scratch / "pid";
    execlp("qemu-nbd", "qemu-nbd", "-f", "qcow2", "-k", socket.c_str(), "--pid-file", pid.c_str(),
           image.c_str(), nullptr);
    _exit(127);
  }
  while (!std::filesystem::exists(scratch / "pid") && waitpid(machine, nullptr, WNOHANG) == 0) usleep(1000);
  std::string words = error_of(Kind::refused, [&] { open_for_writing(scratch / "disk"); });
  kill(machine, SIGTERM);
  waitpid(machine, nullptr, 0);
  expect_words(words, "another process holds QEMU's lock on it; stop the virtual machine");
}

TEST(Open, an_overlay_takes_the_writes_and_must_be_new) {
  Scratch scratch;
  std::string image = scratch / "disk.raw", overlay = scratch / "over.qcow2";
  write_file(image, Bytes(1 << 20, 5));
  create_overlay(image, "", overlay);
  open_for_writing(overlay)->write(0, Bytes{6});
  EXPECT_EQ(bytes_at(*open_for_reading(overlay), 0, 2), (Bytes{6, 5}));
  EXPECT_EQ(read_file(image), Bytes(1 << 20, 5));
  Bytes before = read_file(overlay);
  expect_words(error_of(Kind::refused, [&] { create_overlay(image, "", overlay); }), "exists already");
  EXPECT_EQ(read_file(overlay), before);
}

TEST(Open, files_outside_the_folder_are_used_only_by_a_declared_image) {
  Scratch inner, outer;
  write_file(outer / "secret", Bytes(1 << 20, 9));
  std::string image = inner / "disk";
  run({"qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", outer / "secret", image});
  std::string words = error_of(Kind::refused, [&] { open_for_reading(image); });
  expect_words(words, "names the backing file " + (outer / "secret"));
  expect_words(words, "--format qcow2");
  EXPECT_EQ(bytes_at(*open_for_reading(image, "qcow2"), 0, 1), Bytes{9});
  OpenOptions trusting;
  trusting.allow_outside_files = true;
  EXPECT_EQ(bytes_at(*open_image(image, trusting), 0, 1), Bytes{9});

  std::string above = inner / "above"; // the chain's second link leads outside
  run({"qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "disk", above});
  expect_words(error_of(Kind::refused, [&] { open_for_reading(above); }), "names the backing file");

  std::filesystem::create_symlink(outer / "secret", inner / "link"); // and so does a link in the folder
  run({"qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "link", inner / "linked"});
  error_of(Kind::refused, [&] { open_for_reading(inner / "linked"); });

  std::string data = inner / "data";
  run({"qemu-img", "create", "-q", "-f", "qcow2", "-o", "data_file=" + (outer / "store"), data, "1M"});
  expect_words(error_of(Kind::refused, [&] { open_for_reading(data); }), "names the data file");

  run({"qemu-img", "create", "-q", "-f", "qcow2", "-u", "-F", "raw", "-b", "nbd://host/", inner / "far",
       "1M"});
  expect_words(error_of(Kind::refused, [&] { open_for_reading(inner / "far"); }), "nbd://host/");
}

TEST(Open, files_in_the_folder_are_used_without_asking) {
  Scratch scratch;
  write_file(scratch / "base", Bytes(1 << 20, 4));
  run({"qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "base", scratch / "over"});
  EXPECT_EQ(bytes_at(*open_for_reading(scratch / "over"), 0, 1), Bytes{4});
  run({"qemu-img", "create", "-q", "-f", "vmdk", "-o", "subformat=monolithicFlat", scratch / "flat.vmdk",
       "1M"});
  EXPECT_EQ(open_for_reading(scratch / "flat.vmdk")->size(), 1u << 20);
}

TEST(Open, a_vmdk_descriptor_that_names_a_file_elsewhere_is_refused) {
  Scratch inner, outer;
  std::string image = inner / "disk.vmdk";
  run({"qemu-img", "create", "-q", "-f", "vmdk", "-o", "subformat=monolithicFlat", image, "1M"});
  Bytes bytes = read_file(image);
  std::string text(bytes.begin(), bytes.end());
  text.replace(text.find("disk-flat.vmdk"), 14, outer / "secret");
  write_file(outer / "secret", Bytes(1 << 20));
  write_file(image, {reinterpret_cast<const u8 *>(text.data()), text.size()});
  expect_words(error_of(Kind::refused, [&] { open_for_reading(image); }), "names the extent");
}

static std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto &task : std::filesystem::directory_iterator("/proc/" + std::to_string(parent) + "/task")) {
    std::ifstream list(task.path() / "children");
    for (pid_t child; list >> child;) children.push_back(child);
  }
  return children;
}

static bool is_gone(pid_t process) {
  std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
  std::string pid, name, state;
  return !(stat >> pid >> name >> state) || state == "Z" || state == "X";
}

TEST(Open, the_server_shares_our_lock_for_it_may_still_be_writing_when_we_are_gone) {
  Scratch scratch;
  write_file(scratch / "disk", Bytes(4096));
  std::shared_ptr<Device> disk = open_for_writing(scratch / "disk");
  int locks = 0;
  for (pid_t server : children_of(getpid()))
    for (const auto &open :
         std::filesystem::directory_iterator("/proc/" + std::to_string(server) + "/fdinfo")) {
      std::ifstream lines(open.path());
      for (std::string line; std::getline(lines, line);)
        if (line.find("FLOCK") != std::string::npos) locks++;
    }
  EXPECT_EQ(locks, 1);
}

TEST(Open, the_lock_is_given_back_even_if_another_process_shares_it) {
  Scratch scratch;
  write_file(scratch / "disk", Bytes(4096));
  std::shared_ptr<Device> disk = open_for_writing(scratch / "disk");
  pid_t copy = fork();
  if (copy == 0) {
    pause();
    _exit(0);
  }
  disk.reset();
  u64 size = 0;
  try {
    size = open_for_writing(scratch / "disk")->size();
  } catch (const Error &error) { ADD_FAILURE() << error.what(); }
  kill(copy, SIGKILL);
  waitpid(copy, nullptr, 0);
  EXPECT_EQ(size, 4096u);
}

TEST(Open, no_server_outlives_a_killed_process_whenever_it_is_killed) {
  Scratch scratch;
  std::string image = scratch / "disk";
  run({"qemu-img", "create", "-q", "-f", "qcow2", image, "1M"});
  for (int delay = 0; delay < 30; delay += 2) { // milliseconds: before, during and after the start
    pid_t victim = fork();
    if (victim == 0) {
      std::shared_ptr<Device> disk = open_for_writing(image);
      pause();
    }
    usleep(static_cast<useconds_t>(delay) * 1000);
    std::vector<pid_t> servers = children_of(victim);
    kill(victim, SIGKILL);
    waitpid(victim, nullptr, 0);
    for (pid_t server : servers)
      for (int i = 0; i < 2000 && !is_gone(server); i++) usleep(1000);
    for (pid_t server : servers) EXPECT_TRUE(is_gone(server)) << "killed after " << delay << " ms";
    EXPECT_EQ(open_for_writing(image)->size(), 1u << 20) << "the lock is free again";
  }
}

TEST(Open, the_thread_that_opened_an_image_may_end_before_the_device) {
  Scratch scratch;
  write_file(scratch / "disk", Bytes(4096, 2));
  std::shared_ptr<Device> disk;
  std::thread([&] { disk = open_for_reading(scratch / "disk"); }).join();
  EXPECT_EQ(bytes_at(*disk, 0, 1), Bytes{2});
}

} // namespace lab
