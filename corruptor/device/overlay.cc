// SPDX-License-Identifier: GPL-2.0-or-later
//
// The written ranges are kept sorted and apart. A new range first splits those that it touches at
// its two ends, so that each old one lies wholly inside it or wholly outside.
#include "device/overlay.h"

#include <algorithm>

#include "device/memory.h"

namespace lab {

void Overlay::split(u64 at) {
  auto next = ranges.upper_bound(at);
  if (next == ranges.begin()) return;
  auto &[start, left] = *std::prev(next);
  if (start == at || at >= start + left.length) return;
  u64 kept = at - start;
  ranges.emplace(at, Written{left.length - kept, left.content, left.content_at + kept, left.why});
  left.length = kept;
}

void Overlay::put(u64 at, SpacePtr content, const std::string &why) {
  u64 length = content->size();
  check_range(at, length, size());
  if (length == 0) return;
  u64 end = at + length;
  split(at);
  split(end);

  std::map<u64, Written> fresh; // one range for each reason
  u64 done = at;
  auto first = ranges.lower_bound(at);
  auto last = ranges.lower_bound(end);
  for (auto old = first; old != last; ++old) {
    const auto &[start, written] = *old;
    if (start > done) fresh[done] = {start - done, content, done - at, why};
    std::string both = written.why == why ? why : written.why + "; " + why;
    fresh[start] = {written.length, content, start - at, both};
    done = start + written.length;
  }
  if (done < end) fresh[done] = {end - done, content, done - at, why};
  ranges.erase(first, last);
  ranges.merge(fresh);
}

void Overlay::put(u64 at, std::span<const u8> data, const std::string &why) {
  put(at, memory_space({data.begin(), data.end()}), why);
}

void Overlay::read(u64 at, std::span<u8> out) const {
  check_range(at, out.size(), size());
  auto next = ranges.upper_bound(at);
  while (!out.empty()) {
    const std::pair<const u64, Written> *here = nullptr;
    if (next != ranges.begin()) here = &*std::prev(next);
    u64 length = out.size();
    if (here && at < here->first + here->second.length) {
      length = std::min(length, here->first + here->second.length - at);
      here->second.content->read(here->second.content_at + (at - here->first), out.first(length));
    } else {
      if (next != ranges.end()) length = std::min(length, next->first - at);
      below->read(at, out.first(length));
    }
    out = out.subspan(length);
    at += length;
    while (next != ranges.end() && next->first <= at) ++next;
  }
}

std::vector<Extent> Overlay::locate(u64 at, u64 length) const { return below->locate(at, length); }

std::optional<Extent> Overlay::offset_of(u64 on_root) const { return below->offset_of(on_root); }

Stretch Overlay::stretch(u64 at, u64 most) const {
  if (at >= size()) return {};
  most = std::min(most, size() - at);
  auto next = ranges.upper_bound(at);
  if (next != ranges.begin()) {
    const auto &[start, written] = *std::prev(next);
    if (at < start + written.length) {
      u64 inside = at - start;
      return written.content->stretch(written.content_at + inside, std::min(most, written.length - inside));
    }
  }
  if (next != ranges.end()) most = std::min(most, next->first - at);
  return below->stretch(at, most);
}

} // namespace lab
