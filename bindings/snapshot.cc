// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one class that remembers: many questions about an image that stays as it is.
#include "plain.h"

namespace {

using PythonPatches = std::vector<std::pair<u64, py::bytes>>;

Snapshot::Patches from_patches(const PythonPatches &patches) {
  Snapshot::Patches result;
  for (const auto &[at, bytes] : patches) result.emplace_back(at, from_bytes(bytes));
  return result;
}

} // namespace

void define_snapshot(py::module_ &module) {
  py::class_<Snapshot>(module, "Snapshot")
      .def(py::init([](const std::string &image, const std::string &format, const std::string &volume) {
             py::gil_scoped_release release;
             return std::make_unique<Snapshot>(ImageRequest{image, format, volume, false, false});
           }),
           py::arg("image"), py::kw_only(), py::arg("format") = "", py::arg("volume") = "")
      .def("files",
           [](Snapshot &self, const PythonPatches &patches) {
             Snapshot::Patches changed = from_patches(patches);
             return unlocked([&] { return self.files_json(changed); });
           },
           py::arg("patches") = py::tuple())
      .def("content",
           [](const Snapshot &self, const std::string &path, const PythonPatches &patches, u64 most) {
             Snapshot::Patches changed = from_patches(patches);
             return unlocked_bytes([&] { return self.content(path, changed, most); });
           },
           py::arg("path"), py::arg("patches") = py::tuple(), py::kw_only(), py::arg("most"))
      .def("diff_place",
           [](const Snapshot &self, u64 at, const py::bytes &before, const py::bytes &after) {
             Bytes old = from_bytes(before), made = from_bytes(after);
             return unlocked([&] {
               nlohmann::ordered_json rows = nlohmann::ordered_json::array();
               self.diff_place(at, old, made, [&](const Difference &difference) { rows.push_back(to_json(difference)); });
               return rows;
             });
           },
           py::arg("at"), py::arg("before"), py::arg("after"));
}
