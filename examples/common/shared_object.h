// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "common/problem.h"

namespace examples {

/// The bytes of a file, mapped for reading and writing: until the last copy is gone.
/// @param create makes the file; otherwise it must be there, and as large as said.
[[nodiscard]] outcome<std::shared_ptr<void>> map_shared_file(const std::string& path,
                                                             std::size_t bytes, bool create);

/// An object in a file that several processes map: it is still there after one of them was killed.
/// Its members are lock-free atomics, or have one writer and are read behind one.
template <class T>
class shared_object {
 public:
  static_assert(std::is_trivially_destructible_v<T>);
  [[nodiscard]] static outcome<shared_object> create(const std::string& path) {
    auto bytes = map_shared_file(path, sizeof(T), true);
    if (!bytes) return bytes.error();
    T* const made = new (bytes->get()) T;
    return shared_object({*bytes, made});
  }
  [[nodiscard]] static outcome<shared_object> open(const std::string& path) {
    auto bytes = map_shared_file(path, sizeof(T), false);
    if (!bytes) return bytes.error();
    return shared_object({*bytes, std::launder(static_cast<T*>(bytes->get()))});
  }
  [[nodiscard]] T& operator*() const noexcept { return *mapped_; }
  [[nodiscard]] T* operator->() const noexcept { return mapped_.get(); }

 private:
  explicit shared_object(std::shared_ptr<T> mapped) noexcept : mapped_(std::move(mapped)) {}
  std::shared_ptr<T> mapped_;
};

}  // namespace examples
