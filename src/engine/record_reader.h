// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/event.h>

#include "engine/published_log.h"
#include "format/commit_body.h"
#include "index/stream_index.h"
#include "log/segment.h"

namespace mainstem::engine {

/// Collects events for a batch, and the memory that they live in.
class batch_builder {
 public:
  void add(const event_view& view) { views_.push_back(view); }
  /// Keeps `owner` alive as long as the batch; the one added last is not added again.
  void keep(const std::shared_ptr<const void>& owner) {
    if (owner && (owners_.empty() || owners_.back() != owner)) owners_.push_back(owner);
  }
  void reverse() noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return views_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  void count_bytes(std::size_t more) noexcept { bytes_ += more; }
  [[nodiscard]] bool is_full(const batch_limits& limits) const noexcept {
    return size() != 0 && (size() >= limits.events || bytes_ >= limits.bytes);
  }
  [[nodiscard]] event_batch take();

 private:
  std::vector<event_view> views_;
  std::vector<std::shared_ptr<const void>> owners_;
  std::size_t bytes_ = 0;
};

/// One event's record and the frame it stands in, both checked.
struct located_record {
  format::event_record record;
  format::frame_prefix prefix;
  std::uint64_t frame_offset = 0;
  std::shared_ptr<const void> owner;  ///< Of the record's bytes.

  [[nodiscard]] position at() const noexcept {
    return position(prefix.first_position + record.ordinal);
  }
};

/// Reads single events by their address.
class record_reader {
 public:
  record_reader(const published_log& log, std::shared_ptr<const log::segment_list> segments)
      : log_(log), segments_(std::move(segments)) {}

  /// Checks the record and the fixed part of its frame, not the other events of the frame.
  /// Errors: corrupt_data, and whatever the disk says.
  [[nodiscard]] result<located_record> locate(index::event_address address) const;

  /// Asks the bytes at this address into the processor's cache, if they lie in a mapping that is
  /// open.
  void prefetch(index::event_address address) const noexcept;

  /// All bytes of the frame that the record stands in, beyond its fixed part unchecked.
  [[nodiscard]] result<log::lease> frame_of(const located_record& located) const;
  /// The name of the record's stream, from its frame.
  [[nodiscard]] result<std::string_view> stream_of(const located_record& located,
                                                   std::span<const std::byte> frame) const;
  /// The record's version, from its frame.
  [[nodiscard]] result<version> version_of(const located_record& located,
                                           std::span<const std::byte> frame) const;
  /// An error if the index is not trusted, and what it led to is another event than this.
  [[nodiscard]] result<void> confirm(const located_record& located, std::string_view stream,
                                     version wanted) const;
  /// What is said of events that were lost, with these versions, and the loss accepted.
  [[nodiscard]] error lost(version first, version last) const;
  /// An error that names the place of the frame.
  [[nodiscard]] error damaged_frame(const located_record& located, const char* what) const;

 private:
  [[nodiscard]] result<const log::segment*> segment_of(std::uint32_t number) const;
  /// The path of the folder; empty if it has no segment.
  [[nodiscard]] std::string log_folder() const;
  /// All of it but the record: what the frame says whose body begins at this offset.
  [[nodiscard]] result<located_record> frame_with_body(const log::segment& segment,
                                                       std::uint64_t body) const;
  [[nodiscard]] static error damaged_record(const located_record& located,
                                            const log::segment& segment, std::uint64_t offset);

  const published_log& log_;
  std::shared_ptr<const log::segment_list> segments_;
};

}  // namespace mainstem::engine
