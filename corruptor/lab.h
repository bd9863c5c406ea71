// SPDX-License-Identifier: GPL-2.0-or-later
//
// The dozen calls that the command line and the Python module are made of. Each does one thing that a
// user asks for; all of them throw Error, whose kind is the exit code.
#pragma once

#include "edit/apply.h"
#include "edit/planner.h"
#include "formats/contents.h"
#include "schema/census.h"
#include "show/plan.h"

namespace lab {

/// Which image, read how: what every command takes.
struct ImageRequest {
  std::string image;               ///< a file or an NBD URI
  std::string format;              ///< empty: detect
  std::string volume;              ///< "", a partition's number, or "offset=1MiB[,length=...]"
  bool writable = false;
  bool allow_block_device = false;
};

/// An open disk. Holds the server and the lock until it is destroyed.
class Image {
public:
  explicit Image(const ImageRequest &request);

  /// The disk's node over `space`: this disk, or an overlay of it.
  Node root(SpacePtr space) const;
  Node root() const { return root(view()); }

  /// The device, for reading structures: a fresh cache over it, which must not outlive a write.
  SpacePtr view() const;

  const ImageRequest request;
  std::shared_ptr<Device> device;
};

std::string version();

/// A path to a structure, "" for the disk; a pattern; or `@offset[+length]`: whose bytes are these?
Inspected inspect(const Image &image, const std::string &path);
Answer get(const Image &image, const std::string &path);

/// What a walk over everything came to; what it met on the way, `found` was told.
struct Walked {
  struct Volume {
    std::string path;
    u64 at = 0; ///< on the disk
    std::vector<Census::Count> counts;
  };
  std::vector<Volume> volumes;
  u64 findings = 0;
  u64 bytes_read = 0;
};
/// Looks at every structure of the partition tables and of every volume (or of the one that was chosen) once.
Walked walk(const Image &image, const std::function<void(const Finding &)> &found);
/// The same as JSON, with the first 10,000 findings: a wiped volume has millions.
nlohmann::ordered_json walk_json(const Image &image);

/// Who is told what the files of a disk hold: each volume before its files, and what keeps files from being found.
struct FilesVisitor {
  std::function<void(const Node &volume)> volume;
  std::function<void(const Contents &)> file;
  std::function<void(const Finding &)> damage;
};

/// An image that nobody writes to meanwhile, for many questions: what was read for one is not read again for the next. Each
/// may be about the disk as it would be with other bytes in some places.
class Snapshot {
public:
  explicit Snapshot(const ImageRequest &request) : image(request), view(image.view()) {}
  using Patches = std::vector<std::pair<u64, Bytes>>; ///< offsets on the disk

  /// The files of all volumes, or of the one that was chosen.
  void each_file(const Patches &patches, const FilesVisitor &visitor);
  nlohmann::ordered_json files_json(const Patches &patches);
  /// The first `most` bytes of the first file of this path. Misuse if there is none; Damage if they cannot be read.
  Bytes content(const std::string &path, const Patches &patches, u64 most) const;
  /// What differs between two contents of one place, all else being as it is. Misuse if they differ in length; Damage if
  /// the disk ends before them.
  void diff_place(u64 at, std::span<const u8> before, std::span<const u8> after,
                  const std::function<void(const Difference &)> &visit) const;

private:
  std::shared_ptr<Overlay> with(const Patches &patches) const;

  const Image image;
  const SpacePtr view;
  ContentReader reader;
};

/// What foreign tools wrote for a scenario's `prepare`, by offset on the disk.
using Prepared = std::map<u64, Written>;

/// Lets foreign tools make what the scenario lacks, on a throw-away overlay. The image must not be open for
/// writing: QEMU's lock would keep the overlay out.
Prepared prepare(const Image &image, const Scenario &scenario);

/// `prepared`, if given, becomes a part of the plan. Refused if nothing on the image is known.
Plan plan(const Image &image, const Scenario &scenario, u64 seed, const Prepared *prepared = nullptr);

/// The names of a scenario's variants; those of a sweep are found on the image.
std::vector<std::string> variants(const Image &image, const Scenario &scenario);

/// "PATH=VALUE" texts as a scenario of `set` edits.
Scenario assignments(const std::vector<std::string> &texts);

/// One entry of the journal against the bytes on the disk.
struct JournalStatus {
  std::string plan;
  Observation observation;
};
/// Newest first; each older plan is looked at as if the newer ones were taken back.
std::vector<JournalStatus> status(const Image &image, const Journal &journal);

/// The bytes that differ, as a plan that turns `before` into `after`. Misuse if the sizes differ.
Plan difference(const Image &before, const Image &after);

/// What differs, place by place, in the words of `before`. Misuse if the sizes differ.
void diff(const Image &before, const Image &after, const std::function<void(const Difference &)> &visit);

/// A scenario's YAML that turns `before` into `after`, bit for bit.
std::string diff_as_scenario(const Image &before, const Image &after);

/// Where the journal of `image` is, unless the caller named a place.
std::string journal_path(const std::string &image, const std::string &named);

/// Every field of every structure, from the tables alone.
nlohmann::ordered_json fields(const std::string &pattern);
/// The same as Markdown.
std::string field_reference();

} // namespace lab
