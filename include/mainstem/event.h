// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <ostream>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <mainstem/error.h>
#include <mainstem/export.h>
#include <mainstem/types.h>
#include <mainstem/uuid.h>

namespace mainstem {

namespace detail {
struct event_access;
}

/// What the bytes of a payload are. Stored with every event, never interpreted by the store. Values
/// are stable.
enum class codec : std::uint8_t { binary = 0, json = 1, text = 2, capnp = 3 };
/// Its name; `codec 17` for a value that this version does not know.
MAINSTEM_API std::ostream& operator<<(std::ostream& out, codec value);

/// A payload on its way into an event: bytes, and what they are.
/// Lifetime: points at the bytes it was made from; the event_data that is made from it copies them.
struct payload_view {
  std::span<const std::byte> bytes;
  mainstem::codec codec = mainstem::codec::binary;
};

/// JSON text. It is stored as it is: neither parsed nor checked.
[[nodiscard]] MAINSTEM_API payload_view json(std::string_view text) noexcept;
[[nodiscard]] MAINSTEM_API payload_view text(std::string_view text) noexcept;
[[nodiscard]] MAINSTEM_API payload_view binary(std::span<const std::byte> bytes) noexcept;

/// What an event may carry beyond type and payload.
struct event_options {
  /// The event's identity. Unset: a new UUIDv7. Give one when it comes from outside (a message id,
  /// say), so that the same message appended twice is one event; uuid::from_name() makes one of any
  /// text. The nil UUID (all zero) is refused.
  ///
  /// An id is unique within its stream, for the stream's whole history: no time and no number of
  /// events makes the store forget it. The same id in two streams, even in one request, is two
  /// events. What becomes of an append whose id stands in the stream already says append_outcome.
  ///
  /// Cost: a given id is looked for at each append, among the ids of its stream alone, in memory
  /// and in the index: that grows with the length of the stream, by a few bytes for each event in
  /// it. An id that was left unset costs nothing until the event is submitted a second time.
  std::optional<event_id> id = std::nullopt;
  /// At most 64, each 1 to 255 bytes of UTF-8 that do not begin with `$`, none twice. Stored and
  /// returned in this order; there is no search by tag yet.
  std::vector<std::string> tags = {};
  /// At most 1 MiB. The event_data copies it. Empty metadata takes no space. From text:
  /// `.metadata = text(R"({"trace":7})").bytes`.
  std::span<const std::byte> metadata = {};
};

/// An event that is to be appended. Immutable; its id is fixed here, so that submitting the same
/// object, or a copy of it, again is a retry of the same append and not a second event.
///
/// Cost: one allocation and one copy of payload and metadata; copies of the object share them.
/// Thread safety: distinct objects, safe. One object, safe for const calls.
class MAINSTEM_API event_data {
 public:
  /// Throws mainstem::exception with the error that make() would answer.
  event_data(std::string_view type, payload_view payload, const event_options& options = {});

  /// @param type 1 to 255 bytes of UTF-8 that do not begin with `$`.
  /// @param payload at most 16 MiB.
  /// Errors: invalid_event_type, reserved_name, payload_too_large, metadata_too_large,
  /// too_many_tags, invalid_tag, invalid_argument (a nil id).
  [[nodiscard]] static result<event_data> make(std::string_view type, payload_view payload,
                                               const event_options& options = {});

  [[nodiscard]] const event_id& id() const noexcept;
  /// Lifetime of what these return: as long as any copy of this object.
  [[nodiscard]] std::string_view type() const noexcept;
  [[nodiscard]] mainstem::codec codec() const noexcept;
  [[nodiscard]] std::span<const std::byte> payload() const noexcept;
  [[nodiscard]] std::span<const std::byte> metadata() const noexcept;
  [[nodiscard]] const std::vector<std::string>& tags() const noexcept;

 private:
  friend struct detail::event_access;
  struct content;
  friend MAINSTEM_API void intrusive_ptr_add_ref(const content* shared) noexcept;
  friend MAINSTEM_API void intrusive_ptr_release(const content* shared) noexcept;
  explicit event_data(boost::intrusive_ptr<const content> shared) noexcept
      : content_(std::move(shared)) {}
  boost::intrusive_ptr<const content> content_;
};

/// The tags of a stored event, in the order in which they were given.
///
/// Lifetime: like that of the event_view that it came from.
class tag_list_view {
 public:
  class iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::string_view*;
    using reference = std::string_view;

    iterator() noexcept = default;
    [[nodiscard]] std::string_view operator*() const noexcept { return {at_ + 1, length()}; }
    iterator& operator++() noexcept {
      at_ += 1 + length();
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator&, const iterator&) noexcept = default;

   private:
    friend class tag_list_view;
    explicit iterator(const char* at) noexcept : at_(at) {}
    [[nodiscard]] std::size_t length() const noexcept { return static_cast<unsigned char>(*at_); }
    const char* at_ = nullptr;
  };

  tag_list_view() noexcept = default;
  [[nodiscard]] iterator begin() const noexcept { return iterator(encoded_.data()); }
  [[nodiscard]] iterator end() const noexcept {
    return iterator(encoded_.data() + encoded_.size());
  }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] bool contains(std::string_view tag) const noexcept {
    for (const std::string_view each : *this)
      if (each == tag) return true;
    return false;
  }

 private:
  friend struct detail::event_access;
  // Per tag its length in one byte, then the tag. Checked before a view is made.
  std::string_view encoded_;
  std::size_t count_ = 0;
};

}  // namespace mainstem

template <>
inline constexpr bool std::ranges::enable_borrowed_range<mainstem::tag_list_view> = true;
template <>
inline constexpr bool std::ranges::enable_view<mainstem::tag_list_view> = true;

namespace mainstem {

/// A stored event.
///
/// Lifetime: points into the event_batch (or event) that it came from; valid while any copy of that
/// lives.
/// Thread safety: distinct objects, safe. One object, safe for const calls.
class MAINSTEM_API event_view {
 public:
  [[nodiscard]] mainstem::position position() const noexcept { return position_; }
  [[nodiscard]] mainstem::version version() const noexcept { return version_; }
  [[nodiscard]] std::string_view stream() const noexcept { return stream_; }
  [[nodiscard]] std::string_view type() const noexcept { return type_; }
  [[nodiscard]] event_id id() const noexcept;
  [[nodiscard]] mainstem::codec codec() const noexcept { return codec_; }
  /// On an 8-byte boundary.
  [[nodiscard]] std::span<const std::byte> payload() const noexcept { return payload_; }
  /// The payload's bytes as text.
  [[nodiscard]] std::string_view payload_text() const noexcept {
    return {reinterpret_cast<const char*>(payload_.data()), payload_.size()};
  }
  [[nodiscard]] std::span<const std::byte> metadata() const noexcept { return metadata_; }
  /// The metadata's bytes as text.
  [[nodiscard]] std::string_view metadata_text() const noexcept {
    return {reinterpret_cast<const char*>(metadata_.data()), metadata_.size()};
  }
  [[nodiscard]] tag_list_view tags() const noexcept { return tags_; }
  /// When the commit was made, by the writer's clock. Never goes back along the log.
  [[nodiscard]] std::chrono::sys_time<std::chrono::nanoseconds> time() const noexcept {
    return std::chrono::sys_time<std::chrono::nanoseconds>(
        std::chrono::nanoseconds(unix_nanoseconds_));
  }

 private:
  friend struct detail::event_access;
  event_view() noexcept = default;

  mainstem::position position_;
  mainstem::version version_;
  std::int64_t unix_nanoseconds_ = 0;
  std::string_view stream_;
  std::string_view type_;
  std::span<const std::byte> payload_;
  std::span<const std::byte> metadata_;
  tag_list_view tags_;
  const std::byte* id_ = nullptr;
  mainstem::codec codec_ = mainstem::codec::binary;
};

/// A run of stored events and the memory they live in. An empty one means: the end, for now.
///
/// Lifetime: every event_view, and every byte it points to, is valid while any copy of the batch
/// that yielded it is alive. Nothing else ends it: not another read, not an append, not closing the
/// store.
/// Cost: a live batch may pin whole segment files. To keep one event for long, copy it with
/// to_owned().
/// Thread safety: distinct objects, safe. One object, safe for const calls.
class MAINSTEM_API event_batch {
 public:
  event_batch() noexcept = default;

  [[nodiscard]] std::span<const event_view> events() const& noexcept;
  std::span<const event_view> events() && = delete;  // The views would outlive the batch.
  [[nodiscard]] auto begin() const& noexcept { return events().begin(); }
  [[nodiscard]] auto end() const& noexcept { return events().end(); }
  void begin() && = delete;
  void end() && = delete;
  [[nodiscard]] std::size_t size() const noexcept { return events().size(); }
  [[nodiscard]] bool empty() const noexcept { return events().empty(); }
  /// True if there is at least one event.
  explicit operator bool() const noexcept { return !empty(); }

 private:
  friend struct detail::event_access;
  struct content;
  std::shared_ptr<const content> content_;
};

/// One stored event that owns the memory it lives in.
///
/// Lifetime: view() and everything reached through it: as long as any copy of this object.
/// Thread safety: distinct objects, safe. One object, safe for const calls.
class event {
 public:
  [[nodiscard]] const event_view& view() const& noexcept { return *view_; }
  const event_view& view() && = delete;
  const event_view* operator->() const& noexcept { return view_; }
  const event_view* operator->() && = delete;
  const event_view& operator*() const& noexcept { return *view_; }
  const event_view& operator*() && = delete;

 private:
  friend struct detail::event_access;
  event() noexcept = default;
  std::shared_ptr<const void> owner_;
  const event_view* view_ = nullptr;
};

/// A copy of one event in memory of its own, which pins nothing else.
[[nodiscard]] MAINSTEM_API event to_owned(const event_view& source);

}  // namespace mainstem
