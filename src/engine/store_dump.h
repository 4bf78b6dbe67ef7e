// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <mainstem/error.h>
#include <mainstem/inspect.h>

#include "format/segment_header.h"
#include "log/file_window.h"
#include "os/file.h"

namespace mainstem::engine {

/// See mainstem::dump_segment() and the functions beside it.
class store_dump {
 public:
  store_dump(std::string path, os::disk& disk, const dump_options& options = {})
      : path_(std::move(path)), disk_(disk), options_(options) {}

  [[nodiscard]] result<dump_result> segment(std::uint32_t number);
  [[nodiscard]] result<dump_result> frame(std::uint32_t number, std::uint64_t offset);
  [[nodiscard]] result<dump_result> event(position at);

 private:
  [[nodiscard]] result<void> open_log();
  [[nodiscard]] result<void> open_segment(std::uint32_t number);
  [[nodiscard]] result<std::uint32_t> segment_of(position at);
  void add_header(std::span<const std::byte> bytes, dump_result& into) const;
  [[nodiscard]] result<void> add_frames(dump_result& into);

  std::string path_;
  os::disk& disk_;
  dump_options options_;
  format::store_identity store_;
  std::shared_ptr<os::directory> log_;
  std::shared_ptr<os::file> file_;
  std::optional<log::file_window> window_;
  std::uint32_t number_ = 0;
};

}  // namespace mainstem::engine
