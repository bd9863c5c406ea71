// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where formats, planning and devices meet; nothing is decided here.
#include "lab.h"

#include <fmt/format.h>

#include "device/borrowed.h"
#include "device/cached.h"
#include "device/memory.h"
#include "device/open.h"
#include "edit/foreign.h"
#include "edit/identity.h"
#include "edit/needs.h"
#include "edit/sweep.h"
#include "formats/all.h"

namespace lab {

std::string version() { return CORRUPTOR_VERSION; }

Image::Image(const ImageRequest &wanted) : request(wanted) {
  OpenOptions options;
  options.writable = request.writable;
  options.format = request.format;
  options.allow_block_device = request.allow_block_device;
  device = open_image(request.image, options);
}

Node Image::root(SpacePtr space) const { return open_disk(std::move(space), parse_volume_choice(request.volume)); }

SpacePtr Image::view() const { return std::make_shared<CachedSpace>(std::make_shared<BorrowedSpace>(device)); }

Inspected inspect(const Image &image, const std::string &path) {
  constexpr size_t most_places = 256; // of a range: what one answer shows
  Node root = image.root();
  Inspected result;
  Path parsed = path.empty() ? Path{} : parse_path(path);
  if (parsed.steps.empty() && parsed.range) {
    Extent range = {parsed.range->at, std::max<u64>(parsed.range->length, 1)};
    each_located(root, range, [&](Located located) {
      result.bytes.push_back(std::move(located));
      return result.bytes.size() < most_places;
    });
    return result;
  }
  for (const Target &target : resolve_all(root, parsed)) {
    if (target.range) throw Misuse(path + " is no structure; `get` prints a range, and `inspect @offset` says whose bytes they are");
    if (target.field) result.fields.push_back(answer(target));
    else result.structures.push_back(describe(target.node));
  }
  result.single = !parsed.pattern && result.fields.empty();
  return result;
}

Answer get(const Image &image, const std::string &path) { return answer(resolve(image.root(), parse_path(path))); }

/// What `inspect` would show as wrong, here and below.
static void report_shown(const Shown &shown, Census &census) {
  for (const std::string &note : shown.notes) census.damage(shown.path, shown.at, note);
  if (!shown.damage.empty()) census.damage(shown.path, shown.damage_at, shown.damage);
  for (const ShownField &field : shown.fields)
    if (!field.damage.empty()) census.damage(shown.path + "." + field.field->name, field.damage_at, field.damage);
  for (const Shown &child : shown.children) report_shown(child, census);
}

Walked walk(const Image &image, const std::function<void(const Finding &)> &found) {
  Walked result;
  auto walk_volume = [&](const Format &format, const Node &volume) {
    Census census{found, {}, 0, 0};
    report_shown(describe(volume), census);
    try {
      format.walk(volume, census);
    } catch (const Damage &damage) { census.damage(path_of(volume), damage.at, damage.what()); }
    result.volumes.push_back({path_of(volume), disk_offset(volume), census.counts});
    result.findings += census.findings;
    result.bytes_read += census.bytes_read;
  };
  Census tables{found, {}, 0, 0};
  Node root = image.root();
  for (const std::string &note : root.notes) tables.damage("disk", 0, note);
  each_volume(root, {[&](const Node &table) { report_shown(describe(table), tables); }, walk_volume,
                     [&](const Damage &damage) { tables.damage("disk", damage.at, damage.what()); }});
  result.findings += tables.findings;
  return result;
}

nlohmann::ordered_json walk_json(const Image &image) {
  constexpr size_t most = 10000;
  nlohmann::ordered_json findings = nlohmann::ordered_json::array(), volumes = nlohmann::ordered_json::array();
  Walked walked = walk(image, [&](const Finding &finding) {
    if (findings.size() < most) findings.push_back(to_json(finding));
  });
  for (const Walked::Volume &volume : walked.volumes) {
    nlohmann::ordered_json counts = nlohmann::ordered_json::object();
    for (const Census::Count &count : volume.counts) counts[count.what] = count.number;
    volumes.push_back({{"path", volume.path}, {"at", volume.at}, {"counts", counts}});
  }
  return {{"image", image.request.image}, {"findings", findings}, {"finding_count", walked.findings}, {"volumes", volumes},
          {"bytes_read", walked.bytes_read}};
}

std::shared_ptr<Overlay> Snapshot::with(const Patches &patches) const {
  auto changed = std::make_shared<Overlay>(view);
  for (const auto &[at, bytes] : patches) changed->put(at, bytes, "");
  return changed;
}

void Snapshot::each_file(const Patches &patches, const FilesVisitor &visitor) {
  std::shared_ptr<Overlay> changed = with(patches);
  auto read_volume = [&](const Format &format, const Node &volume) {
    visitor.volume(volume);
    try {
      reader.each(format.files, volume, changed.get(), visitor.file);
    } catch (const Damage &damage) { visitor.damage({path_of(volume), damage.at, damage.what()}); }
  };
  each_volume(image.root(changed), {[](const Node &) {}, read_volume,
                                    [&](const Damage &damage) { visitor.damage({"disk", damage.at, damage.what()}); }});
}

Bytes Snapshot::content(const std::string &path, const Patches &patches, u64 most) const {
  std::optional<Bytes> found;
  auto look_in = [&](const Format &format, const Node &volume) {
    if (found) return;
    try {
      format.files.each_file(volume, [&](const Node &file) {
        std::optional<FileContent> content = file.label == path ? format.files.content(file) : std::nullopt;
        if (content) found = content->bytes ? bytes_at(*content->bytes, 0, std::min(content->bytes->size(), most)) : Bytes();
        return !found;
      });
    } catch (const Damage &) {
      if (found) throw;
    }
  };
  each_volume(image.root(with(patches)), {[](const Node &) {}, look_in, [](const Damage &) {}});
  if (!found) throw Misuse("no volume has a file " + path);
  return *found;
}

static nlohmann::ordered_json to_json(const Contents &file) {
  nlohmann::ordered_json row = {{"path", file.path}, {"size", file.size}, {"sha256", file.sha256}};
  if (!file.trouble.empty()) row["trouble"] = file.trouble;
  return row;
}

nlohmann::ordered_json Snapshot::files_json(const Patches &patches) {
  nlohmann::ordered_json findings = nlohmann::ordered_json::array(), volumes = nlohmann::ordered_json::array();
  each_file(patches, {[&](const Node &volume) {
                        volumes.push_back({{"path", path_of(volume)}, {"at", disk_offset(volume)}, {"files", nlohmann::ordered_json::array()}});
                      },
                      [&](const Contents &file) { volumes.back()["files"].push_back(to_json(file)); },
                      [&](const Finding &finding) { findings.push_back(to_json(finding)); }});
  return {{"image", image.request.image}, {"volumes", volumes}, {"findings", findings}};
}

static void put_file(const Image &image, const PutFile &file, Overlay &overlay) {
  const Format *format = nullptr;
  for (const Format &candidate : all_formats())
    if (file.volume == candidate.type->name) format = &candidate;
  if (!format || format->put_file.empty()) throw Misuse("no tool is known that puts files into " + file.volume);
  Target volume = resolve(image.root(), parse_path(file.volume));
  std::vector<Extent> place = volume.node.space->locate(0, volume.node.space->size());
  if (place.size() != 1) throw Misuse(file.volume + " does not lie in one piece on the disk");
  Bytes content(file.size);
  std::copy_n(file.head.begin(), std::min<u64>(file.head.size(), file.size), content.begin());
  run_on_overlay({image.request.image, image.request.format, place[0], {format->put_file.begin(), format->put_file.end()},
                  content, file.path.text},
                 *image.device, overlay);
}

Prepared prepare(const Image &image, const Scenario &scenario) {
  Overlay overlay(image.device);
  if (!unmet_need(image.root(), scenario).empty())
    for (const PutFile &file : scenario.prepare) put_file(image, file, overlay);
  return overlay.written();
}

Plan plan(const Image &image, const Scenario &scenario, u64 seed, const Prepared *prepared) {
  SpacePtr view = image.view(); // one cache for all the looks that planning takes at the disk
  if (!looks_like_a_disk(image.root(view)))
    throw Refused(image.request.image + ": nothing on it is known, no partition table and no volume, so it may be no disk at all; "
                                        "if it is one, say so with --volume 0, or where its volume is with --volume offset=...");
  Surroundings surroundings;
  surroundings.root = [&](SpacePtr space) { return image.root(std::move(space)); };
  // A plan may copy from a donor when it is carried out, so the plan keeps the donor open.
  surroundings.donor = [](const std::string &donor) -> SpacePtr {
    ImageRequest request;
    request.image = donor;
    return Image(request).device;
  };
  if (prepared)
    surroundings.prepare = [&](Overlay &overlay) {
      for (const auto &[at, written] : *prepared) overlay.put(at, written.content, written.why);
    };
  return make_plan(view, chosen_from(image.root(view), scenario), seed, surroundings);
}

std::vector<std::string> variants(const Image &image, const Scenario &scenario) { return variants_on(image.root(), scenario); }

Scenario assignments(const std::vector<std::string> &texts) {
  Scenario scenario;
  scenario.name = "set";
  for (const std::string &text : texts) {
    // The '=' that ends the path is the first one outside a quoted key.
    size_t equals = 0;
    for (bool quoted = false; equals < text.size() && (quoted || text[equals] != '='); equals++) {
      if (quoted && text[equals] == '\\') equals++;
      else if (text[equals] == '"') quoted = !quoted;
    }
    if (equals >= text.size()) throw Misuse("'" + text + "': expected PATH=VALUE, as ntfs.boot.mft_lcn=4");
    EditRequest edit;
    edit.verb.text = "set";
    edit.path.text = text.substr(0, equals);
    read_value(edit, text.substr(equals + 1));
    scenario.edits.push_back(std::move(edit));
  }
  return scenario;
}

std::vector<JournalStatus> status(const Image &image, const Journal &journal) {
  std::vector<JournalStatus> result;
  Overlay taken_back(image.device);
  for (size_t i = journal.entries().size(); i-- > 0;) {
    const Plan &entry = journal.entries()[i];
    result.push_back({entry.name, observe(taken_back, entry)});
    for (const Patch &patch : entry.patches) taken_back.put(patch.at, patch.before, "");
  }
  return result;
}

Plan difference(const Image &before, const Image &after) {
  const Space &a = *before.device, &b = *after.device;
  Plan plan;
  plan.name = "difference";
  plan.size = a.size();
  each_differing(a, b, all_of(a, b), [&](Extent run) {
    plan.patches.push_back({run.at, run.length, memory_space(bytes_at(a, run.at, run.length)),
                            memory_space(bytes_at(b, run.at, run.length)), "differs"});
  });
  plan.identity = identity_of(*before.view(), plan);
  return plan;
}

void diff(const Image &before, const Image &after, const std::function<void(const Difference &)> &visit) {
  SpacePtr view = before.view(), other = after.view();
  each_difference(before.root(view), *view, *other, all_of(*view, *other), visit);
}

void Snapshot::diff_place(u64 at, std::span<const u8> before, std::span<const u8> after,
                          const std::function<void(const Difference &)> &visit) const {
  if (before.size() != after.size())
    throw Misuse(fmt::format("two contents of one place differ in length: {} and {} bytes", before.size(), after.size()));
  check_range(at, before.size(), view->size());
  std::shared_ptr<Overlay> old = with({{at, {before.begin(), before.end()}}}), made = with({{at, {after.begin(), after.end()}}});
  each_difference(image.root(old), *old, *made, {at, before.size()}, visit);
}

std::string diff_as_scenario(const Image &before, const Image &after) {
  SpacePtr view = before.view(), wanted = after.view();
  std::string title = "What turns " + before.request.image + " into " + after.request.image;
  std::string text = as_scenario(before.root(view), *view, *wanted, title);
  Overlay made(view);
  for (const Patch &patch : plan(before, parse_scenario(text, "diff", {}), 1).patches) made.put(patch.at, patch.after, "");
  each_differing(made, *wanted, all_of(made, *wanted), [&](Extent run) {
    throw std::logic_error("the scenario does not give the byte at " + hex_offset(run.at));
  });
  return text;
}

std::string journal_path(const std::string &image, const std::string &named) {
  return named.empty() ? Journal::beside(image) : named;
}

nlohmann::ordered_json fields(const std::string &pattern) { return fields_json(disk_struct(), pattern); }

std::string field_reference() { return field_reference(disk_struct()); }

} // namespace lab
