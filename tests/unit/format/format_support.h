// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mainstem/append.h>
#include <mainstem/event.h>

#include "base/bytes.h"
#include "format/commit_body.h"
#include "format/frame.h"
#include "format/segment_header.h"

namespace mainstem::format {

inline constexpr std::uint64_t a_secret = 0x0123456789abcdefU;
inline constexpr std::uint64_t an_offset = 4096;

using writes = std::vector<append_request::stream_write>;
using bytes = std::vector<std::byte>;

/// A UUID whose bytes are all `fill`.
inline uuid a_uuid(unsigned char fill) {
  uuid::bytes_type raw;
  raw.fill(static_cast<std::byte>(fill));
  return uuid(raw);
}

inline store_identity a_store() {
  return {.store_id = a_uuid(1),
          .lineage_id = a_uuid(2),
          .parent_lineage_id = uuid(),
          .secret = a_secret};
}

inline event_data an_event(std::string_view type, std::string_view payload,
                           std::vector<std::string> tags = {}, std::string_view metadata = {}) {
  return event_data(type, json(payload),
                    {.id = a_uuid(7), .tags = std::move(tags), .metadata = as_bytes(metadata)});
}

inline append_request::stream_write a_write(std::string_view stream,
                                            std::vector<event_data> events) {
  return {stream_name(stream), any, std::move(events)};
}

/// Three events in two streams, with everything that an event can have.
inline writes some_writes() {
  return {a_write("order-1", {an_event("placed", "{}", {"a", "bc"}, "meta"), an_event("paid", "")}),
          a_write("stock-7", {an_event("taken", R"({"pieces":3})")})};
}

/// What a commit of `all` would have for its prefix, with numbers that tell fields apart.
inline frame_prefix prefix_for(const encoded_commit& commit) {
  frame_prefix prefix;
  prefix.stream_count = commit.stream_count;
  prefix.length = commit.length;
  prefix.event_count = static_cast<std::uint32_t>(commit.records.size());
  prefix.epoch = 3;
  prefix.segment = 42;
  prefix.first_position = 1001;
  prefix.durable_position = 1000;
  prefix.timestamp = 1'700'000'000'000'000'000U;
  prefix.previous_checksum = 0x1122334455667788U;
  prefix.body_digest = commit.body_digest;
  return prefix;
}

/// A whole commit frame for `offset`. Stream i has its events from version 10 * i + 1 on.
inline bytes a_commit_frame(const writes& all, std::uint64_t secret = a_secret,
                            std::uint64_t offset = an_offset) {
  encoded_commit commit = encode_commit(all);
  for (std::size_t i = 0; i < all.size(); ++i) set_first_version(commit.frame(), i, 10 * i + 1);
  encode_prefix(prefix_for(commit), commit.prefix(), secret, offset);
  const auto frame = commit.frame();
  return {frame.begin(), frame.end()};
}

/// Calls `with` once for each bit of `original`, with a copy in which that bit is flipped.
template <class Function>
void for_each_flipped_bit(const bytes& original, Function&& with) {
  bytes changed = original;
  for (std::size_t bit = 0; bit < 8 * original.size(); ++bit) {
    const auto mask = static_cast<std::byte>(1U << (bit % 8U));
    changed[bit / 8] ^= mask;
    with(std::as_const(changed), bit);
    changed[bit / 8] ^= mask;
  }
}

}  // namespace mainstem::format
