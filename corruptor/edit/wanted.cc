// SPDX-License-Identifier: GPL-2.0-or-later
//
// Numbers by their meaning: relative to the old one, to the end of what is counted, or to a place.
#include "edit/wanted.h"

#include <fmt/format.h>

#include "schema/pointer.h"

namespace lab {

std::string value_wanted(const Node &root, const EditRequest &request, const Target &target) {
  if (request.was) {
    Value old = value_of(target.node, *target.field, target.index);
    if (const u64 *uint = std::get_if<u64>(&old)) return std::to_string(*uint + static_cast<u64>(*request.was));
    if (const i64 *sint = std::get_if<i64>(&old)) return std::to_string(*sint + *request.was);
    throw Misuse(fmt::format("{} holds no number, so 'was' means nothing", path_of(target)));
  }
  if (!request.past.empty()) {
    Counted what = counted(target.node, request.past.text);
    return std::to_string(static_cast<i64>(what.unit->limit(*what.owner)) + request.past_by);
  }
  if (!request.at.empty()) return std::to_string(number_for(root, target, request.at.text));
  return request.arguments.at("to").text;
}

} // namespace lab
