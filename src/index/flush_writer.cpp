// SPDX-License-Identifier: Apache-2.0
#include "index/flush_writer.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <mainstem/detail/prefetch.h>

#include "index/stream_lookup.h"
#include "os/huge_pages.h"

namespace mainstem::index {
namespace {

struct numbered_chunk {
  std::uint64_t number = 0;
  const stream_chunk* chunk = nullptr;
};

error wrong_chunk(const stream_chunk& chunk, std::string_view what) {
  return {errc::invalid_argument,
          "index: flush of stream " + std::string(chunk.stream) + ": " + std::string(what)};
}

result<void> check(const stream_chunk& chunk, const index_state& state, const log_point& to) {
  const std::uint64_t first = chunk.first_version.value();
  if (chunk.stream.empty() || chunk.stream.size() > limits::name_bytes) {
    return wrong_chunk(chunk, "its name has a wrong length");
  }
  if (chunk.events.empty()) return wrong_chunk(chunk, "no events");
  if (chunk.events.size() > std::numeric_limits<std::uint32_t>::max() || first == 0 ||
      first > largest_48_bits - chunk.events.size()) {
    return wrong_chunk(chunk, "impossible versions");
  }
  if (chunk.last_position <= state.flushed.last || chunk.last_position > to.last) {
    return wrong_chunk(chunk, "positions outside of the flush");
  }
  return {};
}

class flush_writer {
 public:
  flush_writer(write_transaction& in, index_state& state, const log_point& to,
               const index_options& options, known_numbers& known) noexcept
      : in_(in),
        state_(state),
        to_(to),
        options_(options),
        known_(known),
        old_streams_(state.streams) {}

  result<void> write(std::span<const stream_chunk> chunks) {
    if (!chunks.empty()) {
      if (auto good = number_all(chunks); !good) return good;
      if (auto good = write_run(); !good) return good;
    }
    state_.flushed = to_;
    encode_state(state_, value_);
    return in_.put(table::meta, state_key(), value_, false);
  }

 private:
  /// Gives every stream its number. A stream that comes twice gets the same one twice.
  result<void> number_all(std::span<const stream_chunk> chunks) {
    stream_lookup lookup(in_);
    numbered_.reserve(chunks.size());
    for (const stream_chunk& chunk : chunks) {
      if (auto good = check(chunk, state_, to_); !good) return good;
      auto number = number_of(chunk, lookup);
      if (!number) return number.error();
      numbered_.push_back({*number, &chunk});
    }
    std::ranges::sort(numbered_, {}, &numbered_chunk::number);
    const auto twice = std::ranges::adjacent_find(numbered_, {}, &numbered_chunk::number);
    if (twice != numbered_.end()) return wrong_chunk(*twice->chunk, "it comes twice");
    return {};
  }

  result<std::uint64_t> number_of(const stream_chunk& chunk, stream_lookup& lookup) {
    if (const auto known = known_.find(chunk.stream)) return *known;
    auto number = lookup.number(state_, chunk.stream);
    if (!number) return number.error();
    if (!*number) {
      if (state_.streams >= largest_48_bits) return wrong_chunk(chunk, "no number is left");
      *number = ++state_.streams;
      encode_name(chunk.stream, **number, value_);
      auto put = in_.put(table::names, as_bytes(chunk.stream), value_, false);
      if (!put) return put.error();
    }
    known_.remember(chunk.stream, **number);
    return **number;
  }

  result<void> write_run() {
    constexpr auto no_more = std::numeric_limits<std::uint32_t>::max();
    if (state_.last_run == no_more || state_.flushes == no_more) {
      return corrupt("no number is left for a run");
    }
    run_record run{.run = ++state_.last_run};
    run.low_flush = run.high_flush = ++state_.flushes;
    ++state_.generation;
    stream_lookup lookup(in_);
    for (std::size_t i = 0; i < numbered_.size(); ++i) {
      prefetch_behind(i);
      const numbered_chunk& each = numbered_[i];
      auto head = next_head(lookup, each);
      if (!head) return head.error();
      if (auto put = put_rows(run, each, head->last_flush); !put) return put;
      run.events += each.chunk->events.size();
      head->last_flush = run.high_flush;
      encode_head(*head, value_);
      const bool append = each.number > old_streams_;
      auto put = in_.put(table::heads, head_key(each.number), value_, append);
      if (!put) return put;
    }
    encode_run(run, value_);
    return in_.put(table::runs, run_key(run.run), value_, true);
  }

  /// In the order of the numbers, chunks and their events lie about in memory.
  void prefetch_behind(std::size_t at) const noexcept {
    constexpr std::size_t distance = 8;
    if (at + distance < numbered_.size())
      detail::prefetch(numbered_[at + distance].chunk->events.data());
    if (at + 2 * distance < numbered_.size())
      detail::prefetch(numbered_[at + 2 * distance].chunk, sizeof(stream_chunk));
  }

  /// What the head is after this flush, but for last_flush, which is the one before.
  result<stream_head> next_head(stream_lookup& lookup, const numbered_chunk& each) const {
    stream_head head{.number = each.number};
    if (each.number <= old_streams_) {
      auto before = lookup.head(state_, each.number);
      if (!before) return before.error();
      head = *before;
    }
    const stream_chunk& chunk = *each.chunk;
    if (chunk.first_version.value() != head.last_version.value() + 1) {
      return corrupt("stream " + std::string(chunk.stream) + " ends at version " +
                     std::to_string(head.last_version.value()) + " and goes on at " +
                     std::to_string(chunk.first_version.value()));
    }
    head.last_version = version(head.last_version.value() + chunk.events.size());
    head.last_position = chunk.last_position;
    return head;
  }

  result<void> put_rows(const run_record& run, const numbered_chunk& each,
                        std::uint32_t previous_flush) {
    auto rest = each.chunk->events;
    entry_place place{run.run, each.number, each.chunk->first_version.value()};
    while (!rest.empty()) {
      const auto events = rest.first(std::min<std::size_t>(rest.size(), options_.events_per_row));
      encode_entry(run.home(), place, previous_flush, events, value_);
      if (auto put = in_.put(run.home(), entry_key(place), value_, true); !put) return put;
      place.first_version += events.size();
      rest = rest.subspan(events.size());
    }
    return {};
  }

  write_transaction& in_;
  index_state& state_;
  const log_point& to_;
  const index_options& options_;
  known_numbers& known_;
  std::uint64_t old_streams_;
  std::vector<numbered_chunk, os::huge_page_allocator<numbered_chunk>> numbered_;
  value_bytes value_;
};

}  // namespace

result<void> write_flush(write_transaction& in, index_state state, const log_point& to,
                         std::span<const stream_chunk> chunks, const index_options& options,
                         known_numbers& known) {
  if (to.last < state.flushed.last) {
    return error(errc::invalid_argument, "index: a flush cannot go back");
  }
  return flush_writer(in, state, to, options, known).write(chunks);
}

}  // namespace mainstem::index
