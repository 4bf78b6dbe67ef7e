// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <capnp/message.h>
#include <mainstem/capnp.h>
#include <mainstem/metadata.h>
#include <mainstem/store.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "order.capnp.h"

namespace mainstem::typed {

/// A store in a folder of its own, which goes with this object.
class small_store {
 public:
  small_store();
  small_store(const small_store&) = delete;
  small_store& operator=(const small_store&) = delete;
  ~small_store();

  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
  /// Closes it, lets `meanwhile` at the folder, and opens it again.
  void reopen(const std::function<void()>& meanwhile = {});

  /// Appends to the stream `order-1` and reads the event back from the disk's side.
  event round_trip(const event_data& given);
  [[nodiscard]] store& operator*() noexcept { return *store_; }
  [[nodiscard]] store* operator->() noexcept { return &*store_; }

 private:
  std::filesystem::path folder_;
  std::optional<store> store_;
};

/// A message in which every field of OrderOpened is set.
void fill(schema::OrderOpened::Builder order);

/// Bytes on an 8-byte boundary, and a payload_view of them.
class aligned_bytes {
 public:
  explicit aligned_bytes(std::span<const std::byte> bytes);
  [[nodiscard]] std::span<std::byte> bytes() noexcept {
    return {reinterpret_cast<std::byte*>(words_.data()), size_};
  }
  [[nodiscard]] payload_view payload() const noexcept {
    return {{reinterpret_cast<const std::byte*>(words_.data()), size_}, codec::capnp};
  }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t size_;
};

/// The bytes of a message with every field set.
[[nodiscard]] aligned_bytes full_order();

[[nodiscard]] std::span<const std::byte> bytes_of(std::string_view text);

}  // namespace mainstem::typed
