// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/problem.h"
#include "common_names.h"

namespace event_log {

enum class verb {
  help,
  demo,    ///< Load, kill the writer again and again, verify.
  load,    ///< Load without kills, verify.
  verify,  ///< Compare a store with the rows and acknowledgements that a run left in its work
           ///< folder.
  writer,  ///< What demo and load start: the process that writes, and that is killed.
};

/// Which columns of a CSV file mean what.
struct csv_options {
  std::string path;
  std::string category;
  std::string stream_column;
  std::string type_column;
  std::string time_column;
  std::string time_format;
  std::optional<std::string> version_column;
};

struct options {
  enum verb verb = verb::help;
  std::optional<csv_options> csv;  ///< Unset: the order workload.
  std::string store;               ///< Empty: a fresh folder, removed at the end.
  std::string work;                ///< Rows, acknowledgements and boards. Empty: the same.
  std::string json;                ///< Empty: no file of figures.
  std::uint32_t threads = 32;
  std::uint32_t kills = 20;
  std::uint64_t seed = 1;
  std::uint64_t events = 200'000;  ///< Of the order workload.
  std::uint64_t orders = 20'000;   ///< Of the order workload.
  std::uint32_t number = 0;        ///< Of the writer process, from 1.
};

/// `arguments` are without the program's name.
[[nodiscard]] outcome<options> parse_options(const std::vector<std::string>& arguments);
[[nodiscard]] std::string usage();

}  // namespace event_log
