// SPDX-License-Identifier: Apache-2.0
#include "engine/stream_cursor.h"

#include <algorithm>

#include "base/attempt.h"
#include "base/mutant.h"
#include "format/event_access.h"

namespace mainstem::engine {
namespace {

constexpr std::size_t fetch_events = 4096;

// How far ahead of its turn an event is asked into the cache: scattered events are bound by memory
// latency.
constexpr std::size_t prefetch_distance = 8;

}  // namespace

stream_cursor::stream_cursor(const published_log& log, const stream_name& stream,
                             const read_stream_options& options)
    : log_(log),
      stream_(std::make_shared<const stream_name>(stream)),
      hash_(index::hash_name(stream.str(), log.store().secret)),
      options_(options),
      remaining_(options.limit),
      after_(options.after),
      before_(options.before) {}

result<event_batch> stream_cursor::next() {
  if (next_place_ == places_.size()) {
    if (auto fetched = attempt([this] { return fetch(); }); !fetched) {
      places_.clear();  // Or else what was found so far would be found again.
      next_place_ = 0;
      return fetched.error();
    }
  }
  const std::size_t next_place = next_place_;
  const std::uint64_t remaining = remaining_;
  auto batch = attempt([this] { return read(); });
  if (!batch && batch.error() == errc::out_of_memory) {
    next_place_ = next_place;
    remaining_ = remaining;
  }
  return batch;
}

result<event_batch> stream_cursor::read() {
  batch_builder batch;
  // Taken after the addresses: it has every segment that they name.
  const record_reader reader(log_, log_.segments());
  while (next_place_ < places_.size() && remaining_ > 0 && !batch.is_full(options_.batch)) {
    if (next_place_ + prefetch_distance < places_.size())
      reader.prefetch(places_[next_place_ + prefetch_distance].address);
    const stream_place place = places_[next_place_];
    if (place.address.is_gap()) {
      if (batch.size() != 0) break;
      return pass_gap(reader);
    }
    if (auto appended = append_event(reader, place, batch); !appended) {
      // What was read so far comes first; the error with the next call.
      if (batch.size() != 0) break;
      ++next_place_;
      return appended.error();
    }
    ++next_place_;
    --remaining_;
  }
  batch.keep(stream_);
  return batch.take();
}

/// As many events may be lost as a segment holds: that is said once for all that stand together.
error stream_cursor::pass_gap(const record_reader& reader) {
  const version from = places_[next_place_].version;
  version to = from;
  for (; next_place_ < places_.size() && places_[next_place_].address.is_gap(); ++next_place_)
    to = places_[next_place_].version;
  return reader.lost(std::min(from, to), std::max(from, to));
}

result<void> stream_cursor::append_event(const record_reader& reader, const stream_place& place,
                                         batch_builder& batch) {
  auto located = reader.locate(place.address);
  if (!located) return located.error();
  if (auto own = reader.confirm(*located, stream_->str(), place.version); !own) return own;
  batch.add(detail::event_access::make_view(located->at(), place.version, located->prefix.timestamp,
                                            stream_->str(), located->record));
  batch.keep(located->owner);
  batch.count_bytes(located->record.payload.size() + located->record.metadata.size());
  return {};
}

result<void> stream_cursor::fetch() {
  places_.clear();
  next_place_ = 0;
  if (remaining_ == 0) return {};
  auto snapshot = read_snapshot::take(log_, options_.visibility);
  if (!snapshot) return snapshot.error();
  auto info = snapshot->info_of(hash_, stream_->str());
  if (!info) return info.error();
  horizon_ = snapshot->last();
  const version last =
      before_ == version{} ? version{} : std::min(info->version, version(before_.value() - 1));
  if (last <= after_) return {};
  return options_.direction == direction::forwards ? fetch_forwards(*snapshot, last)
                                                   : fetch_backwards(*snapshot, last);
}

result<void> stream_cursor::skip_through(position last) {
  auto snapshot = read_snapshot::take(log_, options_.visibility);
  if (!snapshot) return snapshot.error();
  auto info = snapshot->info_of(hash_, stream_->str());
  if (!info) return info.error();
  if (info->last_position <= last) {
    after_ = std::max(after_, info->version);
    return {};
  }
  const record_reader reader(log_, log_.segments());
  // Positions ascend with versions: everything up to `below` lies at or before the position, and
  // `above` lies behind it.
  version below = after_;
  version above = info->version;
  while (above.value() - below.value() > 1) {
    const version middle(below.value() + (above.value() - below.value()) / 2);
    auto place = find_version(*snapshot, hash_, stream_->str(), middle);
    if (!place) return place.error();
    if (!*place) break;
    auto located = reader.locate((*place)->address);
    if (!located) break;  // Damaged: next() begins before it, and its reader skips what is old.
    (located->at() <= last ? below : above) = middle;
  }
  after_ = below;
  return {};
}

result<void> stream_cursor::fetch_forwards(const read_snapshot& snapshot, version last) {
  const version first(after_.value() + 1);
  const version indexed_last = std::min(last, version(first.value() + fetch_events - 1));
  if (auto fetched = fetch_indexed(snapshot, first, indexed_last); !fetched) return fetched;
  // Behind what the index has comes the tail, whole: it lies in memory already, newest first.
  const std::size_t from_index = places_.size();
  const version next(first.value() + from_index);
  if (from_index < fetch_events && next <= last) {
    snapshot.visit_tail(hash_, [&](const index::tail_event& event) {
      if (event.version < next.value()) return false;
      if (event.version <= last.value()) places_.push_back({version(event.version), event.address});
      return true;
    });
    std::reverse(places_.begin() + static_cast<std::ptrdiff_t>(from_index), places_.end());
  }
  if (!places_.empty()) after_ = places_.back().version;
  return {};
}

result<void> stream_cursor::fetch_backwards(const read_snapshot& snapshot, version last) {
  version lowest = last;
  bool any = false;
  snapshot.visit_tail(hash_, [&](const index::tail_event& event) {
    if (event.version <= after_.value() || places_.size() == fetch_events) return false;
    if (event.version > last.value()) return true;
    places_.push_back({version(event.version), event.address});
    lowest = version(event.version);
    any = true;
    return true;
  });
  if (any) last = version(lowest.value() - 1);
  if (places_.size() < fetch_events && last > after_) {
    const std::uint64_t room = fetch_events - places_.size();
    const std::uint64_t wanted = std::min(room, last.value() - after_.value());
    const auto indexed = static_cast<std::ptrdiff_t>(places_.size());
    if (auto fetched = fetch_indexed(snapshot, version(last.value() - wanted + 1), last); !fetched)
      return fetched;
    std::reverse(places_.begin() + indexed, places_.end());
  }
  if (!places_.empty()) before_ = places_.back().version;
  return {};
}

result<void> stream_cursor::fetch_indexed(const read_snapshot& snapshot, version first,
                                          version last) {
  auto head = snapshot.index().head(stream_->str());
  if (!head) return head.error();
  if (!*head || (*head)->last_version < first) return {};
  std::vector<index::event_address> addresses;
  const std::uint64_t count = std::min(last, (*head)->last_version).value() - first.value() + 1;
  if (auto found = snapshot.index().addresses(**head, first, count, addresses); !found)
    return found;
  for (std::size_t i = 0; i < addresses.size(); ++i)
    places_.push_back({version(first.value() + i), addresses[i]});
  return {};
}

result<std::optional<stream_place>> find_version(const read_snapshot& snapshot,
                                                 const index::name_hash& hash,
                                                 std::string_view stream, version wanted) {
  std::optional<stream_place> place;
  if (wanted == version{}) return place;
  version lowest_in_tail = version::max();
  snapshot.visit_tail(hash, [&](const index::tail_event& event) {
    lowest_in_tail = version(event.version);
    if (lowest_in_tail == wanted) place = stream_place{wanted, event.address};
    return lowest_in_tail > wanted;
  });
  if (place || lowest_in_tail <= wanted) return place;
  auto head = snapshot.index().head(stream);
  if (!head) return head.error();
  if (!*head || (*head)->last_version < wanted) return place;
  std::vector<index::event_address> addresses;
  if (auto found = snapshot.index().addresses(**head, wanted, 1, addresses); !found)
    return found.error();
  if (!addresses.empty()) place = stream_place{wanted, addresses.front()};
  return place;
}

result<std::optional<stream_place>> find_id(const read_snapshot& snapshot,
                                            const record_reader& reader,
                                            const index::name_hash& hash, std::string_view stream,
                                            const event_id& id) {
  std::optional<stream_place> place;
  snapshot.visit_tail(hash, [&](const index::tail_event& event) {
    if (event.id == id) place = stream_place{version(event.version), event.address};
    return !place;
  });
  if (place) return place;
  auto head = snapshot.index().head(stream);
  if (!head) return head.error();
  if (!*head || MAINSTEM_MUTANT(ids_forgotten_after_flush)) return place;
  std::vector<index::found_event> candidates;
  if (auto found = snapshot.index().find_id(**head, index::hash_id(id), candidates); !found)
    return found.error();
  for (const auto& candidate : candidates) {
    auto located = reader.locate(candidate.address);
    if (!located) return located.error();
    if (located->record.id() == id)
      return std::optional(stream_place{candidate.version, candidate.address});
  }
  return place;
}

result<event> read_place(const record_reader& reader,
                         const std::shared_ptr<const stream_name>& stream,
                         const stream_place& place) {
  auto located = reader.locate(place.address);
  if (!located) return located.error();
  if (auto own = reader.confirm(*located, stream->str(), place.version); !own) return own.error();
  batch_builder batch;
  batch.add(detail::event_access::make_view(located->at(), place.version, located->prefix.timestamp,
                                            stream->str(), located->record));
  batch.keep(located->owner);
  batch.keep(stream);
  return detail::event_access::first_of(batch.take());
}

}  // namespace mainstem::engine
