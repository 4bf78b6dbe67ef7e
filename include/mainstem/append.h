// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <mainstem/event.h>
#include <mainstem/export.h>
#include <mainstem/types.h>

namespace mainstem {

/// What a request says about the version of a stream: any, no_stream, stream_exists, or exactly(n).
///
/// It is checked against everything appended so far, buffered appends too. A read with
/// visibility::durable, the default, does not show those yet: see durability::buffered.
class MAINSTEM_API expected_version {
 public:
  enum class kind : std::uint8_t { any, no_stream, stream_exists, exact };

  constexpr explicit expected_version(enum kind k) noexcept : kind_(k) {}
  [[nodiscard]] static constexpr expected_version of(mainstem::version v) noexcept {
    if (v == mainstem::version{}) return expected_version(kind::no_stream);
    expected_version expected(kind::exact);
    expected.version_ = v;
    return expected;
  }

  [[nodiscard]] constexpr enum kind kind() const noexcept { return kind_; }
  /// The exact version; 0 for the other kinds.
  [[nodiscard]] constexpr mainstem::version version() const noexcept { return version_; }
  [[nodiscard]] constexpr bool holds_for(mainstem::version actual) const noexcept {
    switch (kind_) {
      case kind::any: return true;
      case kind::no_stream: return actual == mainstem::version{};
      case kind::stream_exists: return actual > mainstem::version{};
      case kind::exact: return actual == version_;
    }
    return false;
  }
  [[nodiscard]] std::string to_string() const;

  friend constexpr bool operator==(const expected_version&,
                                   const expected_version&) noexcept = default;
  friend std::ostream& operator<<(std::ostream& out, const expected_version& e) {
    return out << e.to_string();
  }

 private:
  enum kind kind_;
  mainstem::version version_;
};

/// No expectation.
inline constexpr expected_version any{expected_version::kind::any};
/// The stream has no event: the same as exactly(version{0}).
inline constexpr expected_version no_stream{expected_version::kind::no_stream};
/// The stream has at least one event.
inline constexpr expected_version stream_exists{expected_version::kind::stream_exists};
/// The stream's last event has this version. Take it from a read that sees all that was appended:
/// if the stream has buffered appends, one with visibility::written.
[[nodiscard]] constexpr expected_version exactly(version v) noexcept {
  return expected_version::of(v);
}

/// What survives what, for one append.
///
/// What is durable is always a prefix of the log: when a synced append is committed, everything at
/// a lower position is durable as well, whoever appended it and however.
enum class durability : std::uint8_t {
  /// Answered when it is on the disk: survives a crash of the machine. That goes for every answer:
  /// what a version conflict or already_committed rests on is made durable first, too.
  synced = 0,
  /// Answered when the operating system has it: survives the end of the process, not a crash of the
  /// machine. A sync makes it durable: in the background within
  /// store_options::buffered_sync_interval, or sooner with flush() or with the next synced append
  /// that is committed.
  ///
  /// Until then a read with visibility::durable, the default, does not show it, not even to the
  /// thread that appended it, while expected versions do count it. So read, decide and append on a
  /// stream with buffered appends reads with visibility::written. With visibility::durable it meets
  /// version conflicts until the next sync.
  buffered = 1,
};

/// One atomic append: events for one or more streams, and conditions. All of it happens, or
/// nothing.
///
/// Events get their positions in the order of the write() calls. A request without a write is a
/// pure check: it takes no position. A stream may stand in a request once, either written or
/// required. Where several streams are not as expected, the first is named: of those written, in
/// the order of write(), then of those required, in the order of require(). Submitting it again is
/// a retry only with the same write() calls in the same order; expectations and requirements may
/// differ.
///
/// Limits: 1,024 streams, written and required together; 32 MiB, and half a segment.
class MAINSTEM_API append_request {
 public:
  /// Appends `events` to `stream`, which must be as `expected` says.
  append_request& write(stream_name stream, expected_version expected,
                        std::span<const event_data> events) &;
  append_request& write(stream_name stream, expected_version expected,
                        std::vector<event_data>&& events) &;
  append_request& write(stream_name stream, expected_version expected,
                        std::initializer_list<event_data> events) & {
    return write(std::move(stream), expected,
                 std::span<const event_data>(events.begin(), events.size()));
  }
  append_request& write(stream_name stream, expected_version expected, event_data event) &;
  /// `stream` is not written, but must be as `expected` says.
  append_request& require(stream_name stream, expected_version expected) &;

  // The same for a temporary, so that `append(append_request().write(...).require(...))` copies
  // nothing.
  append_request&& write(stream_name stream, expected_version expected,
                         std::span<const event_data> events) && {
    return std::move(write(std::move(stream), expected, events));
  }
  append_request&& write(stream_name stream, expected_version expected,
                         std::vector<event_data>&& events) && {
    return std::move(write(std::move(stream), expected, std::move(events)));
  }
  append_request&& write(stream_name stream, expected_version expected,
                         std::initializer_list<event_data> events) && {
    return std::move(write(std::move(stream), expected, events));
  }
  append_request&& write(stream_name stream, expected_version expected, event_data event) && {
    return std::move(write(std::move(stream), expected, std::move(event)));
  }
  append_request&& require(stream_name stream, expected_version expected) && {
    return std::move(require(std::move(stream), expected));
  }

  struct stream_write {
    stream_name stream;
    expected_version expected;
    std::vector<event_data> events;
  };
  struct requirement {
    stream_name stream;
    expected_version expected;
  };
  [[nodiscard]] const std::vector<stream_write>& writes() const noexcept { return writes_; }
  [[nodiscard]] const std::vector<requirement>& requirements() const noexcept {
    return requirements_;
  }

 private:
  friend struct detail::event_access;
  std::vector<stream_write> writes_;
  std::vector<requirement> requirements_;
};

/// What became of an append. Expected failures are answers, not errors.
///
/// The first that applies, in this order: stream_deleted, already_committed, partial_duplicate,
/// version_conflict, already_exists, condition_failed, committed. So a retry of what is in the log
/// is told so, whatever versions it expects.
///
/// Two events have the same content if type, codec, payload, metadata and tags are the same, byte
/// for byte and the tags in the same order. Expected versions, requirements and the time of the
/// commit do not count.
class MAINSTEM_API append_outcome {
 public:
  /// Where a commit stands. Both positions are 0 for a pure check.
  struct commit_place {
    struct stream_version {
      std::string stream;
      mainstem::version version;  ///< Of the stream's last event in this commit.
    };
    position first_position;
    position last_position;
    std::vector<stream_version> streams;  ///< In the order of the request's writes.
  };

  /// A stream of the request has been closed for good. Reserved: no call closes a stream yet.
  struct stream_deleted_t {
    std::string stream;
  };
  /// Exactly one earlier commit has these events: the same streams, ids, order and content. Nothing
  /// was appended now; the place is that of the earlier commit.
  struct already_committed_t : commit_place {};
  /// Some ids stand in their stream already, but not like that: with other content, in another
  /// order, in several commits, or without the other events of the request. Nothing was appended.
  ///
  /// An event that is made anew for each delivery of a message becomes this one if anything in it
  /// differs between deliveries: a clock, a trace id, a computed value. A consumer that trusts its
  /// ids takes it for done, like already_committed, if each request holds one event or all events
  /// of one message; store::read_event(stream, id) shows what is stored.
  struct partial_duplicate_t {
    std::string stream;
    event_id id;  ///< The first such id, in the order of the request.
  };
  /// A stream is at another version than was expected or required. Nothing was appended: read
  /// again, decide again.
  struct version_conflict_t {
    std::string stream;  ///< The first such stream: the written ones, then the required ones.
    expected_version expected;
    mainstem::version actual;
  };
  /// Reserved for conditions by content.
  struct already_exists_t {
    mainstem::position position;
  };
  /// Reserved for conditions by content.
  struct condition_failed_t {
    mainstem::position position;
  };
  /// Everything held: the events are in the log now. A pure check has none.
  struct committed_t : commit_place {};

  /// `std::monostate`: nothing is known. Only of an object that nobody gave an answer to, such as
  /// the one beside an error of async_append().
  using variant_type =
      std::variant<std::monostate, stream_deleted_t, already_committed_t, partial_duplicate_t,
                   version_conflict_t, already_exists_t, condition_failed_t, committed_t>;

  append_outcome() noexcept = default;
  append_outcome(variant_type value)
      : value_(std::move(value)) {}  // NOLINT: every alternative is an outcome.

  /// The events are in the log: committed now, or already_committed by an earlier try. (What a
  /// partial_duplicate found is not counted.)
  [[nodiscard]] bool succeeded() const noexcept { return place() != nullptr; }
  /// Where they stand; null unless succeeded().
  [[nodiscard]] const commit_place* place() const noexcept;

  // Each is null unless it is what happened.
  [[nodiscard]] const stream_deleted_t* stream_deleted() const noexcept {
    return std::get_if<stream_deleted_t>(&value_);
  }
  [[nodiscard]] const already_committed_t* already_committed() const noexcept {
    return std::get_if<already_committed_t>(&value_);
  }
  [[nodiscard]] const partial_duplicate_t* partial_duplicate() const noexcept {
    return std::get_if<partial_duplicate_t>(&value_);
  }
  [[nodiscard]] const version_conflict_t* version_conflict() const noexcept {
    return std::get_if<version_conflict_t>(&value_);
  }
  [[nodiscard]] const already_exists_t* already_exists() const noexcept {
    return std::get_if<already_exists_t>(&value_);
  }
  [[nodiscard]] const condition_failed_t* condition_failed() const noexcept {
    return std::get_if<condition_failed_t>(&value_);
  }
  [[nodiscard]] const committed_t* committed() const noexcept {
    return std::get_if<committed_t>(&value_);
  }

  /// For std::visit.
  [[nodiscard]] const variant_type& value() const noexcept { return value_; }
  /// In words.
  [[nodiscard]] std::string message() const;
  friend std::ostream& operator<<(std::ostream& out, const append_outcome& outcome) {
    return out << outcome.message();
  }

 private:
  variant_type value_;
};

}  // namespace mainstem
