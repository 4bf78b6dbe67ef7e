// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/problem.h"

namespace examples {

/// Appends records of one size, each with a checksum, to a file that survives the end of the
/// process by SIGKILL (not of the machine). Thread safety: put() from any thread.
class record_file {
 public:
  /// Makes the file if it is not there, and cuts off what a killed process left half done.
  [[nodiscard]] static outcome<record_file> open(const std::string& path, std::size_t record_bytes);
  record_file(record_file&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  record_file& operator=(record_file&&) = delete;
  ~record_file();

  /// On success: it is in the file. It has as many bytes as open() was told.
  template <class Record>
  [[nodiscard]] outcome<void> put(const Record& added) const {
    static_assert(std::has_unique_object_representations_v<Record>, "padding has no checksum");
    return put_bytes(std::as_bytes(std::span(&added, 1)));
  }

 private:
  explicit record_file(int fd) noexcept : fd_(fd) {}
  [[nodiscard]] outcome<void> put_bytes(std::span<const std::byte> record) const;
  int fd_;
};

/// The bytes of all records of a file, one after the other; none if there is no file.
[[nodiscard]] outcome<std::vector<std::byte>> read_record_bytes(const std::string& path,
                                                                std::size_t record_bytes);

/// All records of a file in the order in which they came; none if there is no file. A torn last one
/// is left out. Errors: failure, if one that is not the last does not check out.
template <class Record>
[[nodiscard]] outcome<std::vector<Record>> read_records(const std::string& path) {
  static_assert(std::has_unique_object_representations_v<Record>);
  const auto bytes = read_record_bytes(path, sizeof(Record));
  if (!bytes) return bytes.error();
  std::vector<Record> all(bytes->size() / sizeof(Record));
  if (!all.empty()) std::memcpy(all.data(), bytes->data(), bytes->size());
  return all;
}

}  // namespace examples
