// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything that is read from a disk may be anything. libFuzzer (https://llvm.org/docs/LibFuzzer.html) looks for
// bytes from which inspect or a path does something else than answer or say what is damaged.
//
// An input is not an image. Images are large, and nearly every byte of one is a file's: a change that is made
// blindly is not even read. So an input is a small list of changes to one of the seed images:
//
//   byte 0     the seed's number, by the order of the files in seeds/
//   byte 1     the volume: 0 as found, n + 1 as `--volume n`
//   then       records of 13 bytes: what (1), where on the disk (4, little-endian), value (8)
//     what & 7        one less than the number of bytes
//     what >> 3 & 3   0: put the value there;   1: copy 64, 128, 256 ... bytes from where the value says;
//                     2: append the value to a path that is asked for, too;   3: the disk ends there
//
// Records of one size let libFuzzer's own mutations keep their bearings, and the list can be read, shortened and
// made into a test by hand. What the tables know is used to aim: they are walked over each seed once, and every row
// that is found there is a target. The mutator puts into a row a number that is interesting (0, all ones, the sign
// bit, one more or less, the disk's size) or what stands in another row, or it copies one structure over another. So
// nearly every input changes what is read. Sums need no care: nothing here is refused for a wrong one.
//
// FUZZ_SEEDS names another folder of seeds; FUZZ_EXPLAIN=1 prints an input's changes as lines of a seed.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>

#include "device/mapped.h"
#include "device/overlay.h"
#include "formats/contents.h"
#include "seed.h"
#include "schema/whose.h"
#include "tour.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

namespace lab::fuzz {
namespace {

constexpr size_t header_size = 2, record_size = 13;
enum What { put, copy, ask, cut };

struct Change {
  What what;
  u64 length; ///< 1 to 8
  u32 at;
  u64 value;
};

Change read_change(const u8 *record) {
  Change change{static_cast<What>(record[0] >> 3 & 3), u64{record[0] & 7u} + 1, 0, 0};
  std::memcpy(&change.at, record + 1, 4);
  std::memcpy(&change.value, record + 5, 8);
  return change;
}

void write_change(u8 *record, const Change &change) {
  record[0] = static_cast<u8>(change.what << 3 | (change.length - 1));
  std::memcpy(record + 1, &change.at, 4);
  std::memcpy(record + 5, &change.value, 8);
}

const std::vector<Seed> &seeds() {
  static const std::vector<Seed> all = read_seeds(std::getenv("FUZZ_SEEDS") ? std::getenv("FUZZ_SEEDS") : SEEDS);
  return all;
}

/// The rows of a seed's structures, and the places that they are at.
const std::vector<Extent> &rows_of(size_t number) {
  static std::map<size_t, std::vector<Extent>> known;
  auto [found, is_new] = known.try_emplace(number);
  if (is_new) {
    Tour tour({});
    tour.rows = &found->second;
    tour.visit(open_disk(seeds()[number].disk));
    auto before = [](const Extent &a, const Extent &b) { return std::pair(a.at, a.length) < std::pair(b.at, b.length); };
    std::sort(found->second.begin(), found->second.end(), before);
    found->second.erase(std::unique(found->second.begin(), found->second.end()), found->second.end());
  }
  return found->second;
}

/// The disk that an input describes, and the paths to ask for.
struct Case {
  SpacePtr disk;
  VolumeChoice volume;
  std::vector<std::string> paths;
  std::vector<Extent> changed;
};

Case read_case(const u8 *data, size_t size) {
  Case result;
  const Seed &seed = seeds()[data[0] % seeds().size()];
  bool explain = std::getenv("FUZZ_EXPLAIN");
  if (explain) fmt::print(stderr, "# {}, volume {}\n", seed.name, data[1]);
  if (data[1] > 0) result.volume.partition = data[1] - 1;
  auto overlay = std::make_shared<Overlay>(seed.disk);
  u64 end = overlay->size();
  std::string path;
  for (size_t at = header_size; at + record_size <= size; at += record_size) {
    Change change = read_change(data + at);
    u64 where = change.at % overlay->size(), room = overlay->size() - where;
    Bytes bytes(8);
    std::memcpy(bytes.data(), &change.value, 8);
    bytes.resize(std::min(change.length, room));
    if (change.what == ask) {
      path.append(bytes.begin(), bytes.end());
      continue;
    }
    if (change.what == cut) {
      end = std::max<u64>(where, 1);
      if (explain) fmt::print(stderr, "size {}\n", end);
      continue;
    }
    if (change.what == copy) {
      u64 from = change.value % overlay->size();
      bytes = bytes_at(*overlay, from, std::min({u64{32} << change.length, room, overlay->size() - from}));
    }
    if (explain) fmt::print(stderr, "{:x} {}\n", where, hex(bytes));
    overlay->put(where, bytes, "");
    result.changed.push_back({where, bytes.size()});
  }
  result.paths = seed.paths;
  if (!path.empty()) result.paths.push_back(path);
  if (explain) fmt::print(stderr, "path {}\n", path);
  result.disk = end == overlay->size() ? SpacePtr(overlay) : slice_of(overlay, 0, end);
  return result;
}

u64 interesting(std::minstd_rand &random, const Seed &seed, const std::vector<Extent> &rows, Extent row) {
  u64 width = std::min<u64>(row.length, 8), ones = width == 8 ? ~u64{0} : (u64{1} << width * 8) - 1;
  u64 size = seed.disk->size(), value = 0;
  Extent other = random() % 2 ? row : rows[random() % rows.size()];
  std::memcpy(&value, seed.disk->bytes.data() + other.at, std::min<u64>({other.length, 8, size - other.at}));
  switch (random() % 8) {
  case 0: return random() % 3;
  case 1: return ones - random() % 3;
  case 2: return (ones >> 1) + random() % 3;
  case 3: return value + 1 - 2 * (random() % 2);
  case 4: return value ^ u64{1} << random() % 64;
  case 5: return value << random() % 8 | random() % 256;
  case 6: return (random() % 2 ? size : row.at) >> (random() % 2 ? 9 : random() % 13);
  default: return value;
  }
}

/// A change of a row of some structure.
Change aimed(std::minstd_rand &random, size_t number) {
  const Seed &seed = seeds()[number];
  const std::vector<Extent> &rows = rows_of(number);
  Extent row = rows[random() % rows.size()];
  Change change{put, std::clamp<u64>(row.length, 1, 8), static_cast<u32>(row.at), interesting(random, seed, rows, row)};
  // Names and other long rows are changed anywhere in them.
  if (row.length > 8) change.at += static_cast<u32>(random() % (row.length - 7));
  if (random() % 16 == 0) {
    change.what = copy;
    change.value = rows[random() % rows.size()].at;
    change.length = 1 + random() % 6;
  } else if (random() % 128 == 0) {
    change.what = cut;
  }
  return change;
}

/// Every volume's own walk, and all files of it; what is wrong they must say by themselves, but for what hides the rest.
void walk_all(const Node &root) {
  Census census{[](const Finding &) {}, {}, 0, 0};
  auto walk = [&](const Format &format, const Node &volume) {
    try {
      format.walk(volume, census);
    } catch (const Damage &) {}
    try {
      ContentReader().each(format.files, volume, nullptr, [](const Contents &) {});
    } catch (const Damage &) {}
  };
  each_volume(root, {[](const Node &) {}, walk, [](const Damage &) {}});
}

void ask_whose(const Whose &whose, u64 at) {
  try {
    (void)whose(at);
  } catch (const Damage &) {
  } catch (const Misuse &) {} // the disk ends before
}

} // namespace
} // namespace lab::fuzz

using namespace lab;
using namespace lab::fuzz;

/// Stacks of allocations are worth a few frames, not a third of the time.
extern "C" const char *__asan_default_options() { return "malloc_context_size=5"; }

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
  std::minstd_rand random(seed);
  if (size < header_size) {
    std::memset(data, 0, header_size);
    data[0] = static_cast<u8>(random());
    size = header_size;
  }
  if (random() % 4 == 0) size = std::max(LLVMFuzzerMutate(data, size, max_size), header_size);
  data[0] = static_cast<u8>(data[0] % seeds().size());
  if (random() % 16) data[1] = static_cast<u8>(data[1] % 8 && random() % 4 == 0 ? data[1] % 8 : 0);
  size_t records = (size - header_size) / record_size;
  for (unsigned times = 1 + random() % 3; times > 0; times--) {
    bool adds = records == 0 || (random() % 2 && header_size + (records + 1) * record_size <= max_size);
    size_t which = adds ? records++ : random() % records;
    if (header_size + records * record_size > max_size) return size;
    write_change(data + header_size + which * record_size, aimed(random, data[0]));
  }
  if (records > 1 && random() % 8 == 0) records--;
  return header_size + records * record_size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static constexpr u8 first_seed[header_size] = {};
  if (size < header_size) return LLVMFuzzerTestOneInput(first_seed, header_size);
  Case input = read_case(data, size);
  try {
    Node root = open_disk(input.disk, input.volume);
    (void)looks_like_a_disk(root);
    Tour tour({.nodes = 1000, .children = 120, .every = 32});
    tour.changed = input.changed;
    tour.show(root);
    for (const std::string &path : input.paths) tour.ask(root, path);
    tour.visit(root);
    walk_all(root);
    Whose whose(root);
    for (const Extent &change : input.changed) ask_whose(whose, change.at);
  } catch (const Misuse &) {
    if (!input.volume.partition) throw; // else there is no such volume
    return -1;
  }
  return 0;
}
