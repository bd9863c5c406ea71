// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes written equal bytes planned, whatever the format, the server's block size and what it can do.
// Every content is read back by qemu-img or from the file itself.
#include "device/nbd.h"

#include <fcntl.h>
#include <libnbd.h>
#include <sys/stat.h>

#include "device/detect.h"
#include "device/memory.h"
#include "scratch.h"

namespace lab {

static Bytes make_image(const std::string &path, const std::string &format, u64 length) {
  Bytes content = random_bytes(length, 7);
  write_file(path + ".source", content);
  run({"qemu-img", "convert", "-f", "raw", "-O", format, path + ".source", path});
  std::filesystem::remove(path + ".source");
  return content;
}

/// Writes and zeroes at random places, small and large, aligned and not, on the device and on `model`.
static void scribble(Device &disk, Bytes &model, unsigned seed) {
  std::mt19937 random(seed);
  for (int i = 0; i < 60; i++) {
    u64 length = i % 3 == 0 ? random() % 200'000 + 1 : random() % 3000 + 1;
    u64 at = random() % (model.size() - length + 1);
    Bytes data = i % 4 == 0 ? Bytes(length) : random_bytes(length, random());
    if (i % 4 == 0)
      disk.zero(at, length);
    else
      disk.write(at, data);
    std::copy(data.begin(), data.end(), model.begin() + static_cast<std::ptrdiff_t>(at));
    ASSERT_EQ(bytes_at(disk, at / 2, length), Bytes(&model[at / 2], &model[at / 2] + length));
  }
  disk.flush();
}

class EachFormat : public testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(Formats, EachFormat, testing::Values("raw", "qcow2", "vmdk", "vdi", "vhdx", "vpc"),
                         [](const auto &info) { return info.param; });

TEST_P(EachFormat, is_detected_and_holds_exactly_what_was_written) {
  Scratch scratch;
  std::string format = GetParam();
  std::string image = scratch / "disk";
  Bytes model = make_image(image, format, 16 * 63 * 512 * 8); // a size that vpc's geometry can express
  EXPECT_EQ(detect_format(image), format);
  {
    std::shared_ptr<Device> disk = open_for_writing(image);
    ASSERT_GE(disk->size(), model.size());
    model.resize(disk->size());
    scribble(*disk, model, 3);
  }
  EXPECT_EQ(content_of(image, format), model);
}

TEST(Nbd, a_fixed_vpc_is_detected_by_its_footer) {
  Scratch scratch;
  run({"qemu-img", "create", "-q", "-f", "vpc", "-o", "subformat=fixed,force_size=on", scratch / "disk",
       "4M"});
  EXPECT_EQ(detect_format(scratch / "disk"), "vpc");
  EXPECT_EQ(open_for_reading(scratch / "disk")->size(), 4u << 20);
}

TEST(Nbd, a_raw_file_that_ends_inside_a_sector_keeps_its_size) {
  Scratch scratch;
  for (u64 length : {u64{1000}, u64{300'001}}) {
    std::string image = scratch / std::to_string(length);
    Bytes model = random_bytes(length, 1);
    write_file(image, model);
    {
      std::shared_ptr<Device> disk = open_for_writing(image);
      EXPECT_EQ(disk->size(), length);
      disk->write(length - 3, Bytes{1, 2, 3});
      disk->zero(length - 600, 599);
      EXPECT_THROW(disk->write(length - 1, Bytes{1, 2}), Damage);
      disk->flush();
      std::fill(model.end() - 600, model.end() - 1, u8{0});
      model.back() = 3;
    }
    EXPECT_EQ(read_file(image), model);
  }
}

TEST(Nbd, a_raw_disk_that_looks_like_qcow2_stays_raw_when_declared) {
  Scratch scratch;
  std::string image = scratch / "disk";
  Bytes model(1 << 20);
  std::copy_n("QFI\xfb\0\0\0\3", 8, model.begin());
  write_file(image, model);
  std::shared_ptr<Device> disk = open_for_writing(image, "raw");
  disk->write(8, Bytes{5});
  EXPECT_EQ(bytes_at(*disk, 0, 9), (Bytes{'Q', 'F', 'I', 0xfb, 0, 0, 0, 3, 5}));
}

TEST(Nbd, names_with_commas_colons_dashes_and_spaces_open) {
  Scratch scratch;
  std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(scratch.folder);
  for (const char *name : {"a,b.img", "nbd:host.img", "-r", "with space", "json:{}", "driver=qcow2,x"}) {
    write_file(name, Bytes(4096, 3));
    EXPECT_EQ(bytes_at(*open_for_reading(name), 0, 1), Bytes{3}) << name;
    create_overlay(name, "raw", std::string(name) + ".overlay");
    EXPECT_EQ(bytes_at(*open_for_reading(std::string(name) + ".overlay"), 0, 1), Bytes{3}) << name;
  }
  std::filesystem::current_path(before);
}

TEST(Nbd, zeroes_keep_the_allocation) {
  Scratch scratch;
  std::string image = scratch / "disk";
  write_file(image, random_bytes(8 << 20, 1));
  run({"sync", image});
  u64 blocks = static_cast<u64>(status_of(image)->st_blocks);
  {
    std::shared_ptr<Device> disk = open_for_writing(image);
    disk->zero(1 << 20, 4 << 20);
    disk->flush();
    Stretch stretch = disk->stretch(1 << 20, 8 << 20);
    EXPECT_TRUE(stretch.zero);
    EXPECT_EQ(stretch.length, 4u << 20);
  }
  EXPECT_EQ(static_cast<u64>(status_of(image)->st_blocks), blocks);
}

TEST(Nbd, what_is_known_to_be_zero_is_forgotten_when_it_is_written) {
  Scratch scratch;
  run({"qemu-img", "create", "-q", "-f", "qcow2", scratch / "disk", "8M"});
  std::shared_ptr<Device> disk = open_for_writing(scratch / "disk");
  EXPECT_EQ(disk->stretch(0, 8 << 20).length, 8u << 20);
  EXPECT_TRUE(disk->stretch(0, 8 << 20).zero);
  disk->write(1 << 20, Bytes{1});
  EXPECT_TRUE(disk->stretch(0, 8 << 20).zero);
  EXPECT_EQ(disk->stretch(0, 8 << 20).length, 1u << 20);
  EXPECT_FALSE(disk->stretch(1 << 20, 1 << 20).zero);
}

class BeyondTwoTerabytes : public testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(Formats, BeyondTwoTerabytes, testing::Values("raw", "qcow2"),
                         [](const auto &info) { return info.param; });

TEST_P(BeyondTwoTerabytes, the_last_bytes_of_a_disk_are_reached) {
  Scratch scratch;
  run({"qemu-img", "create", "-q", "-f", GetParam(), scratch / "disk", "3T"});
  std::shared_ptr<Device> disk = open_for_writing(scratch / "disk", GetParam());
  u64 size = u64{3} << 40;
  ASSERT_EQ(disk->size(), size);
  EXPECT_TRUE(disk->stretch(1 << 20, size).zero) << "a new raw file has its first block";
  disk->write(size - 5, Bytes{1, 2, 3, 4, 5});
  disk->flush();
  EXPECT_EQ(bytes_at(*disk, size - 6, 6), (Bytes{0, 1, 2, 3, 4, 5}));
}

/// A device served by nbdkit, which can be told how to behave.
static std::shared_ptr<Device> served_by_nbdkit(std::vector<std::string> arguments) {
  std::unique_ptr<Connection> connection = std::make_unique<Connection>();
  std::vector<std::string> command = {"nbdkit", "-s", "--exit-with-parent"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::vector<char *> words;
  for (std::string &word : command) words.push_back(word.data());
  words.push_back(nullptr);
  if (nbd_connect_command(connection->handle, words.data()) < 0) throw IoError(nbd_get_error());
  return std::make_shared<NbdDevice>(nullptr, std::move(connection), "nbdkit", true, ~u64{0});
}

class EachServer : public testing::TestWithParam<std::vector<std::string>> {};
INSTANTIATE_TEST_SUITE_P(
    Servers, EachServer,
    testing::Values(std::vector<std::string>{"--filter=blocksize-policy", "blocksize-minimum=512"},
                    std::vector<std::string>{"--filter=blocksize-policy", "blocksize-minimum=4096"},
                    std::vector<std::string>{"--filter=blocksize-policy", "blocksize-minimum=4096",
                                             "blocksize-preferred=4096", "blocksize-maximum=8192"},
                    std::vector<std::string>{"--filter=nozero"},
                    std::vector<std::string>{"--filter=noextents"}, std::vector<std::string>{}));

TEST_P(EachServer, is_given_only_requests_that_it_accepts) {
  Scratch scratch;
  std::string image = scratch / "disk";
  Bytes model = random_bytes(3 << 20, 9);
  write_file(image, model);
  std::vector<std::string> arguments = {"file", image};
  bool strict = !GetParam().empty() && GetParam()[0] == "--filter=blocksize-policy";
  arguments.insert(arguments.end(), GetParam().begin(), GetParam().end());
  if (strict) arguments.push_back("blocksize-error-policy=error");
  {
    std::shared_ptr<Device> disk = served_by_nbdkit(arguments);
    EXPECT_EQ(disk->size(), model.size());
    scribble(*disk, model, 5);
  }
  EXPECT_EQ(read_file(image), model);
}

TEST(Nbd, a_uri_is_used_as_it_is) {
  Scratch scratch;
  std::string socket = scratch / "s";
  run({"nbdkit", "-U", socket, "--filter=exitlast", "memory", "1M"}); // returns when it listens
  std::shared_ptr<Device> disk = open_for_writing("nbd+unix:///?socket=" + socket);
  disk->write(77, Bytes{1, 2});
  EXPECT_EQ(bytes_at(*disk, 76, 4), (Bytes{0, 1, 2, 0}));
}

TEST(Nbd, a_server_that_only_reads_is_refused_for_writing) {
  Scratch scratch;
  std::string socket = scratch / "s";
  run({"nbdkit", "-r", "-U", socket, "--filter=exitlast", "memory", "1M"});
  error_of(Kind::refused, [&] { open_for_writing("nbd+unix:///?socket=" + socket); });
}

TEST(Nbd, nobody_at_the_uri_is_an_io_error) {
  std::string words = error_of(Kind::io, [] { open_for_reading("nbd+unix:///?socket=/nonexistent"); });
  EXPECT_NE(words.find("No such file"), std::string::npos) << words;
}

TEST(Nbd, a_failing_read_says_where) {
  std::shared_ptr<Device> disk =
      served_by_nbdkit({"memory", "1M", "--filter=error", "error-pread-rate=100%"});
  std::string words = error_of(Kind::io, [&] { bytes_at(*disk, 4096, 512); });
  EXPECT_NE(words.find("reading 512 bytes at 0x1000"), std::string::npos) << words;
}

} // namespace lab
