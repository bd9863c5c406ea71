// SPDX-License-Identifier: GPL-2.0-or-later
//
// The promise: whatever happens, `undo` gives the image back bit for bit. A child process applies a
// plan and is killed at every request in turn; what it leaves is taken back, or finished.
#include "edit/apply.h"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include "device/mapped.h"
#include "device/memory.h"
#include "scratch.h"

namespace lab {

/// Lets a number of requests through and then kills the process. A write counts twice: the death comes
/// before it, or when half of it is done.
class Dying : public Device {
 public:
  Dying(std::shared_ptr<Device> disk, int requests) : disk(std::move(disk)), requests(requests) {}
  u64 size() const override { return disk->size(); }
  Stretch stretch(u64 at, u64 most) const override { return disk->stretch(at, most); }
  void read(u64 at, std::span<u8> out) const override {
    die_if_due();
    disk->read(at, out);
  }
  void write(u64 at, std::span<const u8> data) override {
    die_if_due();
    if (requests-- == 0) {
      disk->write(at, data.first(half(at, data.size())));
      kill(getpid(), SIGKILL);
    }
    disk->write(at, data);
  }
  void zero(u64 at, u64 length) override {
    die_if_due();
    if (requests-- == 0) {
      disk->zero(at, half(at, length));
      kill(getpid(), SIGKILL);
    }
    disk->zero(at, length);
  }
  void flush() override {
    die_if_due();
    disk->flush();
  }

 private:
  void die_if_due() const {
    if (requests-- == 0) kill(getpid(), SIGKILL);
  }
  /// About half of a request, ending between two sectors, as disks do.
  static u64 half(u64 at, u64 length) {
    u64 end = (at + length / 2) / 512 * 512;
    return end > at ? end - at : 0;
  }
  std::shared_ptr<Device> disk;
  mutable int requests;
};

constexpr u64 disk_size = 4'000'256;

static Bytes disk_content() {
  Bytes content = random_bytes(disk_size, 4);
  std::fill(content.begin() + 1'200'000, content.begin() + 1'900'000, u8{0});
  return content;
}

/// Small and large patches of every kind: bytes, a wipe over data and holes, 0xff, and a copy of a
/// range that overlaps its own target. Small ones know what was there; large ones refer to the disk.
static Plan every_kind(const SpacePtr &disk, const Bytes &content) {
  Plan plan{"every kind", 3, disk_size, {}, {}};
  auto slice = [&](u64 at, u64 length) {
    return memory_space({content.begin() + static_cast<std::ptrdiff_t>(at),
                         content.begin() + static_cast<std::ptrdiff_t>(at + length)});
  };
  plan.patches.push_back({48, 8, slice(48, 8), memory_space(Bytes(8, 0xab)), "set"});
  plan.patches.push_back(
      {1022, 516, slice(1022, 516), memory_space(random_bytes(516, 8)), "over three sectors"});
  plan.patches.push_back(
      {1'000'100, 1'200'000, slice_of(disk, 1'000'100, 1'200'000), filled_space(0, 1'200'000), "wipe"});
  plan.patches.push_back(
      {2'300'000, 300'000, slice_of(disk, 2'300'000, 300'000), filled_space(0xff, 300'000), "ones"});
  plan.patches.push_back({2'700'000, 1'200'000, slice_of(disk, 2'700'000, 1'200'000),
                          slice_of(disk, 2'650'000, 1'200'000), "copy"});
  return plan;
}

static Bytes expected_after(const Plan &plan, Bytes content) {
  std::vector<Bytes> after;
  for (const Patch &patch : plan.patches) after.push_back(bytes_at(*patch.after, 0, patch.length));
  for (size_t i = 0; i < after.size(); i++)
    std::copy(after[i].begin(), after[i].end(),
              content.begin() + static_cast<std::ptrdiff_t>(plan.patches[i].at));
  return content;
}

/// Applies in a child that dies at request number `requests`; false if it came through.
static bool dies_at(const std::string &image, const std::string &format, const Bytes &content, int requests) {
  pid_t child = fork();
  if (child == 0) {
    try {
      std::shared_ptr<Device> disk = std::make_shared<Dying>(open_for_writing(image, format), requests);
      Journal journal(Journal::beside(image));
      apply(*disk, every_kind(disk, content), journal, {});
    } catch (const std::exception &error) {
      fprintf(stderr, "%s\n", error.what());
      _exit(1);
    }
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
  return WIFSIGNALED(status);
}

class EachImage : public testing::TestWithParam<const char *> {
 protected:
  EachImage() : content(disk_content()), format(GetParam()), image(scratch / "disk") {
    write_file(scratch / "source", content);
    run({"qemu-img", "convert", "-f", "raw", "-O", format, scratch / "source", image});
    content = content_of(image, format); // some formats round the size up
  }
  Scratch scratch;
  Bytes content;
  std::string format, image;
};
INSTANTIATE_TEST_SUITE_P(Formats, EachImage, testing::Values("raw", "qcow2", "vmdk", "vdi", "vhdx"),
                         [](const auto &info) { return info.param; });

TEST_P(EachImage, exactly_the_planned_bytes_change_and_undo_gives_all_back) {
  Bytes expected;
  {
    std::shared_ptr<Device> disk = open_for_writing(image, format);
    Plan plan = every_kind(disk, content);
    expected = expected_after(plan, content);
    Journal journal(Journal::beside(image));
    EXPECT_EQ(observe(*disk, plan).state, State::not_applied);
    apply(*disk, plan, journal, {});
    EXPECT_EQ(observe(*disk, journal.entries().back()).state, State::applied);
  }
  EXPECT_TRUE(content_of(image, format) == expected);
  {
    std::shared_ptr<Device> disk = open_for_writing(image, format);
    Journal journal(Journal::beside(image));
    EXPECT_EQ(undo(*disk, journal, {}).state, State::applied);
    EXPECT_NE(error_of(Kind::misuse, [&] { undo(*disk, journal, {}); }).find("nothing to undo"),
              std::string::npos);
  }
  EXPECT_TRUE(content_of(image, format) == content);
  EXPECT_FALSE(std::filesystem::exists(Journal::beside(image)));
}

TEST_P(EachImage, killed_at_every_request_it_is_undone) {
  int step = format == "raw" ? 1 : format == "qcow2" ? 3 : 9;
  int deaths = 0;
  for (int requests = 0; dies_at(image, format, content, requests); requests += step, deaths++) {
    std::shared_ptr<Device> disk = open_for_writing(image, format);
    Journal journal(Journal::beside(image));
    if (!journal.empty()) undo(*disk, journal, {});
    ASSERT_TRUE(bytes_at(*disk, 0, disk->size()) == content) << "killed at request " << requests;
  }
  EXPECT_GT(deaths, 20 / step);
  std::shared_ptr<Device> disk = open_for_writing(image, format);
  Journal journal(Journal::beside(image));
  undo(*disk, journal, {});
  disk.reset();
  EXPECT_TRUE(content_of(image, format) == content);
  int check = format == "raw" ? 0 : run_program({"qemu-img", "check", "-q", "-f", format, image}, 60).code;
  EXPECT_TRUE(check == 0 || check == 3) << "the image file may leak clusters, but is not damaged: " << check;
}

TEST(Apply, killed_at_every_request_it_is_finished_by_a_second_apply) {
  Scratch scratch;
  std::string image = scratch / "disk";
  Bytes content = disk_content();
  for (int requests = 0;; requests += 3) {
    write_file(image, content);
    bool died = dies_at(image, "raw", content, requests);
    std::shared_ptr<Device> disk = open_for_writing(image, "raw");
    Bytes expected = expected_after(every_kind(memory_space(content), content), content);
    Journal journal(Journal::beside(image));
    if (died && !journal.empty()) {
      const Plan *begun = unfinished(*disk, journal);
      // Null if the death came after the last write, in the flush.
      if (begun) apply(*disk, *begun, journal, {});
      ASSERT_EQ(journal.entries().size(), 1u) << "journaled once";
      ASSERT_TRUE(bytes_at(*disk, 0, disk_size) == expected) << "killed at request " << requests;
    }
    if (!journal.empty()) undo(*disk, journal, {});
    ASSERT_TRUE(bytes_at(*disk, 0, disk_size) == content);
    if (!died) break;
  }
}

TEST(Apply, killed_at_any_moment_it_is_undone) {
  Scratch scratch;
  std::string image = scratch / "disk";
  Bytes content = disk_content();
  write_file(image, content);
  std::mt19937 random(1);
  for (int round = 0; round < 40; round++) {
    pid_t child = fork();
    if (child == 0) {
      std::shared_ptr<Device> disk = open_for_writing(image, "raw");
      Journal journal(Journal::beside(image));
      apply(*disk, every_kind(disk, content), journal, {});
      _exit(0);
    }
    usleep(random() % 60'000);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    std::shared_ptr<Device> disk = open_for_writing(image, "raw");
    Journal journal(Journal::beside(image));
    if (!journal.empty()) undo(*disk, journal, {});
    ASSERT_TRUE(bytes_at(*disk, 0, disk_size) == content) << "round " << round;
  }
}

} // namespace lab
