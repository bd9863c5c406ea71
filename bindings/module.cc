// SPDX-License-Identifier: GPL-2.0-or-later
//
// lab.h for Python: nothing is added. Results are plain data, errors keep their texts, and the
// interpreter's lock is released while a disk is read or written.
#include "device/open.h"
#include "plain.h"

PYBIND11_MAKE_OPAQUE(lab::Prepared)

namespace {

/// An Image that can be closed; every call on a closed one is a misuse.
struct Handle {
  std::unique_ptr<Image> image;
  Image &open() const {
    if (!image) throw Misuse("the image is closed");
    return *image;
  }
};

const Patch &patch_at(const Plan &plan, size_t index) {
  if (index >= plan.patches.size()) throw py::index_error("no such patch");
  return plan.patches[index];
}

std::string journal_of(const Handle &self, const std::string &journal) {
  return journal_path(self.open().request.image, journal);
}

void define_errors(py::module_ &module) {
  static py::handle base, misuse, damage, refused, partly, io;
  auto define = [&](const char *name, py::handle parent) {
    std::string full = std::string("corruptor.") + name;
    py::object type = py::reinterpret_steal<py::object>(PyErr_NewException(full.c_str(), parent.ptr(), nullptr));
    module.attr(name) = type;
    return type.release();
  };
  base = define("Error", PyExc_Exception);
  misuse = define("Misuse", base);
  damage = define("Damage", base);
  refused = define("Refused", base);
  partly = define("PartlyApplied", base);
  io = define("IoError", base);
  py::register_exception_translator([](std::exception_ptr pointer) {
    try {
      std::rethrow_exception(pointer);
    } catch (const Error &error) {
      py::handle type = error.kind == Kind::misuse    ? misuse
                        : error.kind == Kind::damage  ? damage
                        : error.kind == Kind::refused ? refused
                        : error.kind == Kind::partly  ? partly
                                                      : io;
      py::object raised = type(py::str(error.what()));
      raised.attr("exit_code") = static_cast<int>(error.kind);
      if (const Damage *place = dynamic_cast<const Damage *>(&error)) raised.attr("at") = place->at;
      PyErr_SetObject(type.ptr(), raised.ptr());
    }
  });
}

void define_data(py::module_ &module) {
  py::class_<Prepared>(module, "Prepared").def("__len__", &Prepared::size);
  py::class_<Scenario>(module, "Scenario")
      .def_readonly("name", &Scenario::name)
      .def_readonly("file", &Scenario::file)
      .def_readonly("title", &Scenario::title)
      .def_readonly("target", &Scenario::target)
      .def_readonly("image", &Scenario::image)
      .def_property_readonly("expect", [](const Scenario &self) { return plain(self.expect); })
      .def_readonly("expect_lines", &Scenario::expect_lines)
      .def("as_dict", [](const Scenario &self) { return plain(to_json(self)); });
  py::class_<Plan>(module, "Plan")
      .def_readonly("name", &Plan::name)
      .def_readonly("size", &Plan::size)
      .def_property_readonly("bytes", &Plan::bytes)
      .def("as_dict", [](const Plan &self) { return unlocked([&] { return to_json(self); }); })
      .def("patches",
           [](const Plan &self) {
             py::list result;
             for (const Patch &patch : self.patches) result.append(py::make_tuple(patch.at, patch.length, patch.why));
             return py::iter(result);
           })
      .def("after", [](const Plan &self, size_t index, u64 at, u64 length) { return as_bytes(*patch_at(self, index).after, at, length); },
           py::arg("index"), py::arg("at"), py::arg("length"))
      .def("before", [](const Plan &self, size_t index, u64 at, u64 length) { return as_bytes(*patch_at(self, index).before, at, length); },
           py::arg("index"), py::arg("at"), py::arg("length"));
}

void define_image(py::module_ &module) {
  py::class_<Handle>(module, "Image")
      .def(py::init([](const std::string &image, const std::string &format, const std::string &volume, bool writable, bool allow) {
             py::gil_scoped_release release;
             return Handle{std::make_unique<Image>(ImageRequest{image, format, volume, writable, allow})};
           }),
           py::arg("image"), py::kw_only(), py::arg("format") = "", py::arg("volume") = "", py::arg("writable") = false,
           py::arg("allow_block_device") = false)
      .def("__enter__", [](Handle &self) -> Handle & { return self; }, py::return_value_policy::reference)
      .def("__exit__", [](Handle &self, const py::args &) { self.image.reset(); })
      .def("close", [](Handle &self) { self.image.reset(); })
      .def_property_readonly("size", [](const Handle &self) { return self.open().device->size(); })
      .def("read", [](const Handle &self, u64 at, u64 length) { return as_bytes(*self.open().device, at, length); }, py::arg("at"),
           py::arg("length"))
      .def("inspect", [](const Handle &self, const std::string &path) { return unlocked([&] { return to_json(inspect(self.open(), path)); }); },
           py::arg("path") = "")
      .def("walk", [](const Handle &self) { return unlocked([&] { return walk_json(self.open()); }); })
      .def("get", [](const Handle &self, const std::string &path) { return unlocked([&] { return to_json(get(self.open(), path)); }); },
           py::arg("path"))
      .def("prepare",
           [](const Handle &self, const Scenario &scenario) {
             py::gil_scoped_release release;
             return prepare(self.open(), scenario);
           },
           py::arg("scenario"))
      .def("variants",
           [](const Handle &self, const Scenario &scenario) {
             py::gil_scoped_release release;
             return variants(self.open(), scenario);
           },
           py::arg("scenario"))
      .def("plan",
           [](const Handle &self, const Scenario &scenario, u64 seed, const Prepared *prepared) {
             py::gil_scoped_release release;
             return plan(self.open(), scenario, seed, prepared);
           },
           py::arg("scenario"), py::kw_only(), py::arg("seed") = 1, py::arg("prepared") = py::none())
      .def("set",
           [](const Handle &self, const py::args &texts) {
             std::vector<std::string> assigned = texts.cast<std::vector<std::string>>();
             py::gil_scoped_release release;
             return plan(self.open(), assignments(assigned), 1);
           })
      .def("difference",
           [](const Handle &self, const Handle &other) {
             py::gil_scoped_release release;
             return difference(self.open(), other.open());
           },
           py::arg("other"))
      .def("diff",
           [](const Handle &self, const Handle &other) {
             return unlocked([&] {
               nlohmann::ordered_json rows = nlohmann::ordered_json::array();
               diff(self.open(), other.open(), [&](const Difference &difference) { rows.push_back(to_json(difference)); });
               return rows;
             });
           },
           py::arg("other"))
      .def("diff_as_scenario",
           [](const Handle &self, const Handle &other) {
             py::gil_scoped_release release;
             return diff_as_scenario(self.open(), other.open());
           },
           py::arg("other"))
      .def("apply",
           [](const Handle &self, const Plan &made, const std::string &where, bool force) {
             std::string path = journal_of(self, where);
             py::gil_scoped_release release;
             Journal journal(path);
             apply(*self.open().device, made, journal, {force, {}});
             return journal.entries().back();
           },
           py::arg("plan"), py::kw_only(), py::arg("journal") = "", py::arg("force") = false)
      .def("undo",
           [](const Handle &self, const std::string &where, bool force) {
             std::string path = journal_of(self, where);
             return unlocked([&] {
               Journal journal(path);
               return to_json(undo(*self.open().device, journal, {force, {}}));
             });
           },
           py::kw_only(), py::arg("journal") = "", py::arg("force") = false)
      .def("status",
           [](const Handle &self, const std::string &where) {
             std::string path = journal_of(self, where);
             return unlocked([&] {
               nlohmann::ordered_json rows = nlohmann::ordered_json::array();
               for (const JournalStatus &one : status(self.open(), Journal(path))) {
                 nlohmann::ordered_json row = {{"plan", one.plan}};
                 row.update(to_json(one.observation));
                 rows.push_back(std::move(row));
               }
               return rows;
             });
           },
           py::kw_only(), py::arg("journal") = "")
      .def("observe", [](const Handle &self, const Plan &made) { return unlocked([&] { return to_json(observe(*self.open().device, made)); }); },
           py::arg("plan"));
}

} // namespace

PYBIND11_MODULE(_core, module) {
  define_errors(module);
  define_data(module);
  define_image(module);
  define_snapshot(module);
  module.def("load_scenario",
             [](const std::string &file, const Definitions &definitions, const std::string &variant) {
               return load_scenario(file, {definitions, variant});
             },
             py::arg("file"), py::arg("definitions") = Definitions(), py::arg("variant") = "");
  module.def("parse_scenario",
             [](const std::string &yaml, const std::string &file, const Definitions &definitions, const std::string &variant) {
               return parse_scenario(yaml, file, {definitions, variant});
             },
             py::arg("yaml"), py::arg("file") = "scenario.yaml", py::arg("definitions") = Definitions(), py::arg("variant") = "");
  module.def("find_scenario", &find_scenario, py::arg("name"));
  module.def("catalogue", [] { return catalogue(catalogue_root()); });
  module.def("fields", [](const std::string &pattern) { return plain(fields(pattern)); }, py::arg("pattern") = "");
  module.def("scenario_schema", [] { return plain(scenario_schema()); });
  module.def("create_overlay",
             [](const std::string &image, const std::string &overlay, const std::string &format) { create_overlay(image, format, overlay); },
             py::arg("image"), py::arg("overlay"), py::arg("format") = "");
  module.def("version", &version);
}
