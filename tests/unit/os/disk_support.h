// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdlib.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <boost/system/error_code.hpp>

#include "os/file.h"

namespace mainstem::os::test {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline boost::system::error_code system_code(int number) {
  return {number, boost::system::system_category()};
}

/// Everything in the file, through read_at().
inline std::string content_of(file& from) {
  std::string text(from.size().value(), '\0');
  const auto got = from.read_at(0, std::as_writable_bytes(std::span(text))).value();
  EXPECT_EQ(got, text.size());
  return text;
}

inline void write_text(file& to, std::uint64_t offset, std::string_view text) {
  const auto written = to.write_at(offset, bytes_of(text));
  ASSERT_TRUE(written) << written.error();
}

/// A folder of its own, gone at the end.
class temporary_folder {
 public:
  temporary_folder() : path_(testing::TempDir() + "mainstem-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary folder");
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace mainstem::os::test
