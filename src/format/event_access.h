// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <mainstem/append.h>
#include <mainstem/event.h>

#include "format/commit_body.h"

namespace mainstem {

/// Type, metadata and payload stand behind it, in the same allocation: a commit may carry thousands
/// of events.
struct event_data::content {
  mutable std::atomic<std::uint32_t> references{1};
  /// How many appends carried this event. One more if its id was given: such an id may stand in a
  /// log already.
  mutable std::atomic<std::uint32_t> submissions{0};
  mainstem::codec codec = mainstem::codec::binary;
  std::uint8_t type_size = 0;
  std::uint32_t metadata_size = 0;
  std::uint32_t payload_size = 0;
  event_id id;
  std::vector<std::string> tags;

  [[nodiscard]] const std::byte* bytes() const noexcept {
    return reinterpret_cast<const std::byte*>(this + 1);
  }
  [[nodiscard]] std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
};

struct event_batch::content {
  std::vector<event_view> views;
  std::vector<std::shared_ptr<const void>> owners;  // Segments' mappings, or copies of their bytes.
};

namespace detail {

/// What the library may do to event types that their users may not.
struct event_access {
  /// Counts one more append that carries the event.
  static void note_submission(const event_data& event) noexcept {
    event.content_->submissions.fetch_add(1, std::memory_order_relaxed);
  }
  /// True if the id is one of our own making and only one append ever carried it: then it cannot
  /// stand in any log, and nobody needs to look for it.
  [[nodiscard]] static bool is_fresh(const event_data& event) noexcept {
    return event.content_->submissions.load(std::memory_order_relaxed) == 1;
  }

  /// Lets go of what a request writes, once it has been encoded, if no other append can carry its
  /// events any more: they are fresh for good then.
  static void release_writes(append_request& request) noexcept;

  [[nodiscard]] static event_view make_view(position at, version in_stream, std::uint64_t timestamp,
                                            std::string_view stream,
                                            const format::event_record& record) noexcept;

  /// `owners` keep alive what the views point to.
  [[nodiscard]] static event_batch make_batch(std::vector<event_view> views,
                                              std::vector<std::shared_ptr<const void>> owners);

  [[nodiscard]] static std::shared_ptr<const void> owner_of(const event_batch& batch) noexcept {
    return batch.content_;
  }

  /// The first event of a batch that is not empty.
  [[nodiscard]] static event first_of(const event_batch& batch) noexcept;

  [[nodiscard]] static event copy_of(const event_view& source);
};

}  // namespace detail
}  // namespace mainstem
