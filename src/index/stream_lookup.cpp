// SPDX-License-Identifier: Apache-2.0
#include "index/stream_lookup.h"

#include <algorithm>
#include <string>

namespace mainstem::index {
namespace {

// memcmp order, as LMDB's.
bool below(bytes_view left, bytes_view right) noexcept { return as_text(left) < as_text(right); }

}  // namespace

result<index_state> read_state(read_transaction& in) {
  auto value = in.get(table::meta, state_key());
  if (!value) return value.error();
  if (!*value) return corrupt("the state row is missing");
  return decode_state(**value);
}

result<std::optional<std::uint64_t>> stream_lookup::number(const index_state& state,
                                                           std::string_view stream) {
  using answer = std::optional<std::uint64_t>;
  if (state.streams == 0 || stream.empty() || stream.size() > limits::name_bytes) return answer{};
  const bytes_view key = as_bytes(stream);
  auto value = in_.get(table::names, key);
  if (!value) return value.error();
  if (!*value) {
    if (auto absent = check_absence(key); !absent) return absent.error();
    return answer{};
  }
  auto number = decode_name(key, **value);
  if (!number) return number.error();
  if (*number > state.streams) return corrupt("a stream has a number that was never given out");
  return answer{*number};
}

// "There is no such stream" is the one answer that no checksum stands behind: a damaged key, or a
// damaged branch of the tree above it, looks the same. But then one of the two neighbours fails its
// checksum or is out of order.
result<void> stream_lookup::check_absence(bytes_view key) {
  if (!names_) {
    auto cursor = in_.open_cursor(table::names);
    if (!cursor) return cursor.error();
    names_ = std::move(*cursor);
  }
  auto above = names_->seek(key);
  if (!above) return above.error();
  if (*above) {
    if (!below(key, (*above)->key)) return corrupt("the names of streams are out of order");
    if (auto good = decode_name((*above)->key, (*above)->value); !good) return good.error();
  }
  auto under = names_->previous();
  if (!under) return under.error();
  if (*under) {
    if (!below((*under)->key, key)) return corrupt("the names of streams are out of order");
    if (auto good = decode_name((*under)->key, (*under)->value); !good) return good.error();
  }
  if (!*above && !*under) return corrupt("the names of streams are missing");
  return {};
}

result<stream_head> stream_lookup::head(const index_state& state, std::uint64_t number) {
  auto value = in_.get(table::heads, head_key(number));
  if (!value) return value.error();
  if (!*value) return corrupt("stream number " + std::to_string(number) + " has no head");
  auto head = decode_head(number, **value);
  if (!head) return head.error();
  if (head->last_position > state.flushed.last || head->last_flush > state.flushes) {
    return corrupt("the head of stream number " + std::to_string(number) +
                   " is ahead of the index");
  }
  return head;
}

}  // namespace mainstem::index
