// SPDX-License-Identifier: GPL-2.0-or-later
//
// What must hold at any moment at which the machine may stop: either the last entry has its `end`
// line and all that it refers to is on the disk, or the image was not touched yet. Hence the order:
// data file, lines, `end`, fsync of both and of the folder, and only then the caller may write.
#include "edit/journal.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/sums.h"
#include "edit/identity.h"
#include "edit/journal_lines.h"

namespace lab {

constexpr std::string_view first_words = "{\"plan\":";
constexpr std::string_view last_words = "{\"end\":";

std::string Journal::beside(const std::string &image) {
  if (image.find("://") != std::string::npos)
    throw Misuse(image + ": a server has no place beside it for a journal; name one with --journal");
  if (image.starts_with("/dev/"))
    throw Misuse(image +
                 ": a journal in /dev would be lost at the next start; name another place with --journal");
  std::filesystem::path path = image; // one journal for a file, whatever link leads to it
  if (std::filesystem::is_symlink(path)) path = std::filesystem::canonical(path);
  return path.string() + ".journal";
}

Journal::Journal(std::string name) : path(std::move(name)), data_path(path + ".data") {
  if (!status_of(path)) return;
  File file(path, O_RDONLY);
  Bytes start = file.read_at(0, first_words.size());
  if (!std::equal(start.begin(), start.end(), first_words.begin()))
    throw Misuse(path +
                 ": exists but is no journal, and would be overwritten; name another place with --journal");
  seen_size = file.size();
  Bytes bytes = file.read_at(0, seen_size);
  read_entries({bytes.begin(), bytes.end()});
}

/// Lines without an `end` after them are the rest of an append that was cut short: no byte of that
/// plan was written, and the next append overwrites them.
void Journal::read_entries(const std::string &text) {
  std::vector<std::string> lines;
  Place place;
  size_t number = 0;
  for (size_t at = 0; at < text.size();) {
    size_t newline = text.find('\n', at);
    if (newline == std::string::npos) return;
    std::string line = text.substr(at, newline - at);
    at = newline + 1;
    number++;
    if (line.starts_with(first_words)) lines.clear();
    lines.push_back(line);
    if (!line.starts_with(last_words)) continue;
    place.end = at;
    add_entry(lines, place, number - lines.size() + 1);
    place.start = at;
    lines.clear();
  }
}

void Journal::add_entry(const std::vector<std::string> &lines, Place place, size_t first_line) {
  EntryLines entry = read_entry(lines, path, data_path, first_line);
  place.data_end = std::max(entry.data_end, data_end());
  plans.push_back(std::move(entry.plan));
  places.push_back(std::move(place));
}

bool Journal::is_for(size_t index, const Space &disk) const {
  return plans.at(index).size == disk.size() && has_identity(disk, plans[index]);
}

/// After a failure: as if nothing had been appended. What cannot be undone here is dropped as a torn
/// tail when the journal is read again.
void Journal::cut_back() noexcept {
  if (::truncate(path.c_str(), static_cast<off_t>(end())) == 0) seen_size = end();
  [[maybe_unused]] int cut = ::truncate(data_path.c_str(), static_cast<off_t>(data_end()));
  if (!plans.empty()) return;
  ::unlink(path.c_str());
  ::unlink(data_path.c_str());
  seen_size = 0;
}

void Journal::append(const Plan &plan, const Progress &progress) {
  File file(path, O_RDWR | O_CREAT);
  if (::flock(file.fd, LOCK_EX | LOCK_NB) < 0 || file.size() != seen_size)
    throw Refused(path + ": another process is writing this journal; wait for its end, then try again");
  try {
    file.truncate(end()); // a torn tail
    std::vector<std::string> lines = write_entry(plan, data_path, data_end(), progress);
    std::string text;
    for (const std::string &line : lines) text += line + '\n';
    Place place{end(), end() + text.size(), 0};
    file.write_at(place.start, {reinterpret_cast<const u8 *>(text.data()), text.size()});
    file.sync();
    sync_folder(folder_of(path));
    add_entry(lines, place, 1);
    seen_size = place.end;
  } catch (...) {
    cut_back();
    throw;
  }
}

void Journal::drop_last() {
  plans.pop_back();
  places.pop_back();
  if (plans.empty()) {
    for (const std::string &gone : {path, data_path})
      if (::unlink(gone.c_str()) < 0 && errno != ENOENT) fail_io(gone, "removing", errno);
    seen_size = 0;
  } else {
    File file(path, O_RDWR);
    file.truncate(end());
    file.sync();
    seen_size = end();
    if (status_of(data_path)) File(data_path, O_RDWR).truncate(data_end());
  }
  sync_folder(folder_of(path));
}

} // namespace lab
