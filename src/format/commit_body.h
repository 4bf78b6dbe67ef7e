// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/container/small_vector.hpp>

#include <mainstem/append.h>
#include <mainstem/error.h>
#include <mainstem/event.h>

#include "format/frame.h"

namespace mainstem::format {

/// Memory for one frame. Large frames come again and again, and memory fresh from the system costs
/// a page fault every 4 KiB; so a thread keeps the last buffer that it gave back.
class frame_buffer {
 public:
  frame_buffer() noexcept = default;
  explicit frame_buffer(std::size_t size_bytes);
  frame_buffer(frame_buffer&& other) noexcept
      : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
  frame_buffer& operator=(frame_buffer&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~frame_buffer();
  [[nodiscard]] std::byte* get() const noexcept { return bytes_.get(); }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
};

/// A commit frame with room for its prefix, encoded and checksummed but for what only the commit
/// itself can say: positions, versions, place, chain.
struct encoded_commit {
  struct record {
    std::uint32_t offset_bytes;  ///< Of the event record within the frame.
    std::uint32_t stream_index;  ///< Into the request's writes.
    event_id id;
  };
  frame_buffer bytes;
  std::uint32_t length = 0;  ///< Of the frame.
  std::uint16_t stream_count = 0;
  std::uint64_t body_digest = 0;
  boost::container::small_vector<record, 1> records;

  [[nodiscard]] std::span<std::byte> frame() noexcept { return {bytes.get(), length}; }
  [[nodiscard]] std::span<std::byte> prefix() noexcept {
    return {bytes.get(), prefix_bytes(stream_count)};
  }
  /// Depends on neither store, segment nor offset: two commits are the same request if these are
  /// equal.
  [[nodiscard]] std::span<const std::byte> body() const noexcept {
    return {bytes.get() + prefix_bytes(stream_count), length - prefix_bytes(stream_count)};
  }
};

/// Bytes of the frame that encode_commit() makes of these writes; checks nothing.
[[nodiscard]] std::uint64_t commit_frame_bytes(
    std::span<const append_request::stream_write> writes) noexcept;

/// The frame must not be longer than 2^25 + prefix bytes: check commit_frame_bytes() first.
[[nodiscard]] encoded_commit encode_commit(std::span<const append_request::stream_write> writes);

/// One event's record in a frame.
struct event_record {
  std::uint64_t checksum = 0;
  std::span<const std::byte> bytes;  ///< All of the record.
  std::uint32_t body_offset_bytes = 0;
  std::uint32_t ordinal = 0;
  std::uint32_t stream_ordinal = 0;
  std::uint16_t stream_index = 0;
  mainstem::codec codec = mainstem::codec::binary;
  std::uint8_t flags = 0;
  std::uint8_t tag_count = 0;
  std::string_view type;
  std::string_view encoded_tags;
  std::span<const std::byte> metadata;
  std::span<const std::byte> payload;

  [[nodiscard]] event_id id() const noexcept;
};

/// Reads the record at the start of `from`; sizes are checked, the checksum is not.
[[nodiscard]] std::optional<event_record> decode_record(std::span<const std::byte> from) noexcept;

/// True if the record carries its checksum, which is that of a record of a commit with this
/// body_digest, and its tags are well-formed.
[[nodiscard]] bool verify_record(const event_record& record, std::uint64_t body_digest) noexcept;

/// The names of a commit's streams.
struct stream_table {
  std::vector<std::string_view> names;
  std::size_t size_bytes = 0;  ///< Of the body's fixed part and the names: where the records begin.
  std::uint64_t checksum = 0;
};

/// Reads and verifies the start of a body.
[[nodiscard]] std::optional<stream_table> decode_stream_table(std::span<const std::byte> body,
                                                              std::size_t stream_count,
                                                              std::uint64_t body_digest);

/// Reads one name without the others: for looking up a single event. Verifies the table's checksum.
[[nodiscard]] std::optional<std::string_view> stream_name_at(std::span<const std::byte> body,
                                                             std::size_t index,
                                                             std::uint64_t body_digest) noexcept;

/// The names in a body that verify_commit() has found good, into the place of what `names` holds.
/// @returns where the records begin.
std::size_t read_stream_names(std::span<const std::byte> body, std::size_t stream_count,
                              std::vector<std::string_view>& names);

/// Walks the records of a commit frame whose prefix has been decoded.
class record_cursor {
 public:
  /// `body` is the frame behind its prefix; `first_record` is stream_table::size_bytes;
  /// `body_digest` is the prefix's.
  record_cursor(std::span<const std::byte> body, std::size_t first_record,
                std::uint64_t body_digest) noexcept
      : body_(body), at_(first_record), body_digest_(body_digest) {}
  /// The next record, verified or not as `verify` says; nothing at the end, or when the record is
  /// damaged.
  [[nodiscard]] std::optional<event_record> next(bool verify) noexcept;
  [[nodiscard]] bool at_end() const noexcept { return at_ == body_.size(); }

 private:
  std::span<const std::byte> body_;
  std::size_t at_;
  std::uint64_t body_digest_;
};

/// True if every byte of the commit's body is as it was written: names, every event's checksum, and
/// the digest of them.
[[nodiscard]] bool verify_commit(const frame_prefix& prefix, std::span<const std::byte> frame);

}  // namespace mainstem::format
