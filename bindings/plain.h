// SPDX-License-Identifier: GPL-2.0-or-later
//
// From what lab.h answers to plain data of Python, and back.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "lab.h"

namespace py = pybind11;
using namespace lab;

/// Names on a damaged disk may be no Unicode; they come as Python decodes names of files.
inline py::str text(const std::string &bytes) {
  return py::reinterpret_steal<py::str>(PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "surrogateescape"));
}

inline py::object plain(const nlohmann::ordered_json &json) {
  switch (json.type()) {
  case nlohmann::json::value_t::null: return py::none();
  case nlohmann::json::value_t::boolean: return py::bool_(json.get<bool>());
  case nlohmann::json::value_t::number_unsigned: return py::int_(json.get<u64>());
  case nlohmann::json::value_t::number_integer: return py::int_(json.get<i64>());
  case nlohmann::json::value_t::number_float: return py::float_(json.get<double>());
  case nlohmann::json::value_t::string: return text(json.get_ref<const std::string &>());
  case nlohmann::json::value_t::array: {
    py::list result;
    for (const auto &one : json) result.append(plain(one));
    return result;
  }
  default: {
    py::dict result;
    for (const auto &[key, one] : json.items()) result[text(key)] = plain(one);
    return result;
  }
  }
}

/// Runs without the interpreter's lock, and gives back data for Python.
template <class Work> py::object unlocked(Work work) {
  nlohmann::ordered_json result;
  {
    py::gil_scoped_release release;
    result = work();
  }
  return plain(result);
}

/// The same for bytes.
template <class Work> py::bytes unlocked_bytes(Work work) {
  Bytes bytes;
  {
    py::gil_scoped_release release;
    bytes = work();
  }
  return py::bytes(reinterpret_cast<const char *>(bytes.data()), bytes.size());
}

inline py::bytes as_bytes(const Space &space, u64 at, u64 length) {
  return unlocked_bytes([&] { return bytes_at(space, at, length); });
}

inline Bytes from_bytes(const py::bytes &bytes) {
  std::string_view text = bytes;
  return {text.begin(), text.end()};
}

void define_snapshot(py::module_ &module);
