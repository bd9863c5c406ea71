// SPDX-License-Identifier: GPL-2.0-or-later
//
// The planner in three passes over the edits: aim (resolve every place), fire (verbs on the overlay),
// settle (sums). What the overlay holds in the end, and nothing else, is the plan.
#include "edit/planner.h"

#include <fmt/format.h>

#include "base/checked.h"
#include "device/mapped.h"
#include "device/memory.h"
#include "edit/identity.h"
#include "edit/needs.h"
#include "edit/parts.h"
#include "edit/put.h"
#include "edit/range.h"
#include "edit/seal.h"
#include "edit/wanted.h"

namespace lab {

namespace {

/// Verbs other than zero, ones, fill and copy hold their bits in memory; no structure needs more.
constexpr u64 largest_in_memory = u64{16} << 20;

/// A copy of at most this size is read when the plan is made; a larger one when it is carried out.
constexpr u64 largest_read_early = u64{1} << 20;

struct Aim {
  const EditRequest *request;
  const Verb *verb;
  Target target;
  Arguments arguments;
  SpacePtr source;           ///< copy: the bytes to put, as they are before any edit
  std::optional<Bits> value; ///< copy of a field into a field
};

class Planner {
public:
  Planner(SpacePtr disk, const Scenario &scenario, u64 seed, const Surroundings &surroundings)
      : disk(disk), scenario(scenario), seed(seed), surroundings(surroundings),
        overlay(std::make_shared<Overlay>(disk)) {}

  Plan make() {
    if (surroundings.prepare) {
      surroundings.prepare(*overlay);
      for (const PutFile &file : scenario.prepare)
        if (!overlay->written().empty()) changes.push_back({file.path.text, "put by a foreign tool", "", human_size(file.size), {}});
    }
    if (!scenario.needs.empty()) check_needs(surroundings.root(overlay), scenario, !surroundings.prepare);
    carry_out(scenario.edits);
    if (!scenario.then.empty()) carry_out(scenario.then);
    return collect();
  }

private:
  void carry_out(const std::vector<EditRequest> &requests) {
    Node root = surroundings.root(overlay);
    std::vector<Aim> aims;
    for (const EditRequest &request : requests) at_place(request, [&] { aim(root, request, aims); });
    Seals seals;
    const EditRequest *current = nullptr;
    bool changed = true;
    auto require_change = [&] {
      if (current && !changed)
        rethrow_at(scenario.file, current->path,
                   Misuse(fmt::format("this edit changes nothing: {} has that value already", current->path.text)));
    };
    for (Aim &one : aims) {
      if (one.request != current) {
        require_change();
        current = one.request;
        changed = false;
      }
      at_place(*one.request, [&] { changed |= fire(one, seals); });
    }
    require_change();
    seals.settle(*overlay, changes);
  }

  template <class Work> void at_place(const EditRequest &request, Work work) {
    try {
      work();
    } catch (const Error &error) {
      rethrow_at(scenario.file, request.path, error);
    }
  }

  void aim(const Node &root, const EditRequest &request, std::vector<Aim> &aims) {
    Path path = parse_path(request.path.text);
    std::vector<Path> paths;
    if (request.copies != Copies::named) {
      paths = copies_of(root, path);
      if (paths.empty()) throw Misuse(fmt::format("no copy of {} is known", path.text));
    }
    if (request.copies != Copies::backup) paths.insert(paths.begin(), path);
    for (const Path &one : paths) {
      Aim aimed{&request, verb_named(request.verb.text), resolve(root, one), {}, nullptr, std::nullopt};
      for (const auto &[name, mark] : request.arguments) aimed.arguments[name] = mark.text;
      bool takes_value = request.verb.text == "set";
      if (takes_value && !aimed.target.field)
        throw Misuse(fmt::format("{} is a structure, and set needs a field; for bytes use zero, fill, write or copy",
                                 path_of(aimed.target)));
      if (takes_value) aimed.arguments["to"] = value_wanted(root, request, aimed.target);
      if (request.verb.text == "copy") aim_copy(root, request, aimed);
      aims.push_back(std::move(aimed));
    }
  }

  void aim_copy(const Node &root, const EditRequest &request, Aim &aimed) {
    auto donor = request.arguments.find("donor");
    // What is copied is what was there before this round of edits, whatever they do to it.
    SpacePtr from_disk = std::make_shared<Overlay>(*overlay);
    Node from_root = root;
    if (donor != request.arguments.end()) {
      from_disk = surroundings.donor(donor->second.text);
      from_root = surroundings.root(from_disk);
    }
    Target source = resolve(from_root, parse_path(request.arguments.at("from").text));
    if (source.field && aimed.target.field) {
      aimed.value = gather(source.node, *source.field, source.index);
      return;
    }
    u64 wanted = total(extents_of(aimed.target));
    u64 offered = total(extents_of(source));
    if (wanted != offered)
      throw Misuse(fmt::format("copy: {} has {} bytes and {} has {}; say '@offset+length' on one of them",
                               path_of(aimed.target), wanted, path_of(source), offered));
    aimed.source = bytes_of(from_disk, source);
    if (wanted <= largest_read_early) aimed.source = memory_space(bytes_at(*aimed.source, 0, wanted));
  }

  bool fire(const Aim &one, Seals &seals) {
    std::string why = one.request->verb.text + " " + path_of(one.target);
    if (one.target.field && one.target.field->is_view()) return fire_view(one, seals, why);
    if (one.target.field) return fire_field(one, seals, why);
    return fire_range(one, seals, why);
  }

  bool put_field(const Target &target, const Bits &bits, const std::string &why, SealPolicy policy, Seals &seals) {
    Bits old = gather(target.node, *target.field, target.index);
    std::vector<Extent> where = extents_of(target);
    changes.push_back({path_of(target), why.substr(0, why.find(' ')),
                       described(*target.field, decode(target.field->kind, old)),
                       described(*target.field, decode(target.field->kind, bits)), where});
    if (old == bits) {
      changes.pop_back();
      return false;
    }
    put_bits(*overlay, target, bits, why);
    seals.changed(target, policy, where);
    return true;
  }

  bool fire_field(const Aim &one, Seals &seals, const std::string &why) {
    const Target &target = one.target;
    Bits old = gather(target.node, *target.field, target.index);
    if (old.width == 0) throw Misuse(fmt::format("{} is 0 bits wide here; there is nothing to change", path_of(target)));
    Bits bits = old;
    if (one.value) {
      if (one.value->width != old.width)
        throw Misuse(fmt::format("copy: {} is {} bits wide, its source {}", path_of(target), old.width, one.value->width));
      bits = *one.value;
    } else if (one.source) {
      bits.bytes = bytes_at(*one.source, 0, bits.bytes.size());
    } else {
      bits = one.verb->change(old, target.field, one.arguments, draw(one, why));
    }
    return put_field(target, bits, why, one.request->seal, seals);
  }

  /// Verbs see a number that is computed as 64 bits; a text is set as a whole.
  Value view_wanted(const Aim &one, const std::string &why) {
    const Field &field = *one.target.field;
    bool is_text = field.kind == ValueKind::text || field.kind == ValueKind::utf16;
    if (is_text && one.request->verb.text == "set") return parse_value(field, one.arguments.at("to"));
    if (is_text) throw Misuse(fmt::format("{} is a computed text; only set works on it", path_of(one.target)));
    if (one.value) return decode(field.kind, *one.value);
    Bits old = encode(field, field.look(one.target.node), 64);
    return decode(field.kind, one.verb->change(old, &field, one.arguments, draw(one, why)));
  }

  /// A view is set by setting what it is computed from.
  bool fire_view(const Aim &one, Seals &seals, const std::string &why) {
    const Target &target = one.target;
    const Field &field = *target.field;
    if (!field.edits) throw Misuse(fmt::format("{} is computed; set what it is computed from", path_of(target)));
    if (one.source) throw Misuse(fmt::format("{} is computed; copy into what it is computed from", path_of(target)));
    bool changed = false;
    for (const Edit &edit : field.edits(target.node, view_wanted(one, why))) {
      Target stored{edit.node, field_named(*edit.node.type, edit.field), 0, std::nullopt};
      Bits now = gather(stored.node, *stored.field);
      changed |= put_field(stored, encode(*stored.field, edit.value, now.width), why, one.request->seal, seals);
    }
    return changed;
  }

  bool fire_range(const Aim &one, Seals &seals, const std::string &why) {
    std::vector<Extent> where = extents_of(one.target);
    u64 length = total(where);
    SpacePtr content = one.source ? one.source : content_for(one, where, length, why);
    u64 done = 0;
    bool changed = false;
    for (const Extent &extent : where) {
      changed |= differs(*overlay, extent, *content, done);
      done += extent.length;
    }
    if (!changed) return false;
    std::vector<PartOf> parts = parts_in(one.target.node, where);
    changes.push_back({path_of(one.target), one.request->verb.text, glimpse(*overlay, where), "", where});
    done = 0;
    for (const Extent &extent : where) {
      overlay->put(extent.at, slice_of(content, done, extent.length), why);
      done += extent.length;
    }
    changes.back().after = glimpse(*overlay, where);
    for (Change &change : changed_parts(parts)) changes.push_back(std::move(change));
    seals.changed(one.target, one.request->seal, where);
    return true;
  }

  /// One repeated byte is a space that takes no memory; anything else is made from the bytes there.
  SpacePtr content_for(const Aim &one, const std::vector<Extent> &where, u64 length, const std::string &why) {
    const std::string &verb = one.request->verb.text;
    if (verb == "zero") return filled_space(0, length);
    if (verb == "ones") return filled_space(0xff, length);
    if (verb == "fill")
      if (Bytes pattern = unhex(one.arguments.at("with")); pattern.size() == 1) return filled_space(pattern[0], length);
    if (length > largest_in_memory)
      throw Misuse(fmt::format("{} works on at most {}, {} has {}; zero, ones, fill with one byte, and copy have no limit",
                               verb, human_size(largest_in_memory), path_of(one.target), human_size(length)));
    Bits old{{}, length * 8};
    for (const Extent &extent : where) {
      Bytes bytes = bytes_at(*overlay, extent.at, extent.length);
      old.bytes.insert(old.bytes.end(), bytes.begin(), bytes.end());
    }
    return memory_space(one.verb->change(old, nullptr, one.arguments, draw(one, why)).bytes);
  }

  u64 draw(const Aim &one, const std::string &why) const { return seeded(seed, why, one.request->verb.text); }

  Plan collect() {
    Plan plan;
    plan.name = scenario.name;
    plan.seed = seed;
    plan.size = disk->size();
    plan.changes = std::move(changes);
    for (const auto &[at, written] : overlay->written()) {
      Patch patch;
      patch.at = at;
      patch.length = written.length;
      patch.why = written.why;
      if (written.length <= small_patch) {
        Bytes before = bytes_at(*disk, at, written.length);
        Bytes after = bytes_at(*written.content, written.content_at, written.length);
        if (before == after) continue; // a later edit took it back
        patch.before = memory_space(std::move(before));
        patch.after = memory_space(std::move(after));
      } else {
        patch.before = slice_of(disk, at, written.length);
        patch.after = slice_of(written.content, written.content_at, written.length);
      }
      plan.patches.push_back(std::move(patch));
    }
    if (plan.patches.empty()) throw Misuse(scenario.name + ": the edits cancel out; the plan would change nothing");
    plan.identity = identity_of(*disk, plan);
    return plan;
  }

  SpacePtr disk;
  const Scenario &scenario;
  u64 seed;
  const Surroundings &surroundings;
  std::shared_ptr<Overlay> overlay;
  std::vector<Change> changes;
};

} // namespace

Plan make_plan(SpacePtr disk, const Scenario &scenario, u64 seed, const Surroundings &surroundings) {
  return Planner(std::move(disk), scenario, seed, surroundings).make();
}

u64 seeded(u64 seed, std::string_view path, std::string_view verb) {
  u64 hash = 0xcbf29ce484222325 ^ seed; // FNV-1a over both texts, a zero byte between them
  for (std::string_view text : {path, std::string_view("\0", 1), verb})
    for (char c : text) hash = (hash ^ static_cast<u8>(c)) * 0x100000001b3;
  return hash;
}

} // namespace lab
