// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include <mainstem/error.h>

#include "base/bytes.h"
#include "base/checksum.h"
#include "index/index_snapshot.h"

namespace mainstem::index {

/// A digest of the events of one stream, added in the order of their versions.
class stream_digest {
 public:
  void add(const indexed_event& event) noexcept {
    std::byte bytes[sizeof(std::uint64_t) + sizeof(std::uint32_t)];
    store_at(bytes, event.address.packed());
    store_at(bytes + sizeof(std::uint64_t), event.id_hash);
    value_ = checksum64(bytes, value_);
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0;
};

/// What an index says of one stream.
struct stream_summary {
  std::uint64_t last_version = 0;
  std::uint64_t last_position = 0;
  stream_digest events;
};

/// A digest of an index, made of its streams, which are added in the bytewise order of their names.
class index_digest {
 public:
  void add(std::string_view stream, const stream_summary& summary) noexcept;
  [[nodiscard]] std::uint64_t value() const noexcept;

 private:
  std::uint64_t value_ = 0;
  std::uint64_t streams_ = 0;
};

/// Hands out every stream in the bytewise order of their names.
/// Errors: those of `handle`; corrupt_index if the index contradicts itself anywhere. Cost: reads
/// the whole index.
[[nodiscard]] result<void> summarize(
    const index_snapshot& snapshot,
    const std::function<result<void>(std::string_view stream, const stream_summary&)>& handle);

/// A digest of everything that an index says: every stream's name, last version and last position,
/// and every event's address and id hash. Not of how it says it: two indexes of one log up to one
/// position have the same digest, whatever was flushed when, numbered how or merged. Errors:
/// corrupt_index if it contradicts itself anywhere. Cost: reads the whole index.
[[nodiscard]] result<std::uint64_t> canonical_digest(const index_snapshot& snapshot);

}  // namespace mainstem::index
