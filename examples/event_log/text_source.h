// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "common/problem.h"
#include "common_names.h"

namespace event_log {

/// The bytes of a file, unpacked if its name ends with .gz.
class text_source {
 public:
  [[nodiscard]] static outcome<text_source> open(const std::string& path);
  /// Answers how many bytes were read; 0: the end.
  [[nodiscard]] outcome<std::size_t> read(std::span<char> into);

 private:
  struct closer {
    void operator()(void* file) const noexcept;
  };
  explicit text_source(std::string path, void* file) : path_(std::move(path)), file_(file) {}
  std::string path_;
  std::unique_ptr<void, closer> file_;
};

}  // namespace event_log
