// SPDX-License-Identifier: Apache-2.0
#include <mainstem/store.h>

#include "api/readers.h"
#include "api/store_options.h"
#include "api/store_state.h"
#include "base/clock.h"
#include "format/event_access.h"
#include "index/lmdb_environment.h"
#include "os/posix_disk.h"

namespace mainstem {
namespace {

engine::surroundings real_surroundings() {
  static os::posix_disk disk;
  return {.disk = disk,
          .make_index_provider = [](std::shared_ptr<os::directory> folder)
              -> std::unique_ptr<index::environment_provider> {
            return std::make_unique<index::lmdb_provider>(std::move(folder));
          },
          .clock = system_clock_source(),
          .random = system_random_source()};
}

}  // namespace

store::store(std::unique_ptr<detail::store_state> state) noexcept : state_(std::move(state)) {}
store::store(store&&) noexcept = default;

store& store::operator=(store&& other) noexcept {
  if (this == &other) return *this;
  discard();
  state_ = std::move(other.state_);
  return *this;
}

store::~store() { discard(); }

// Threads and locks did not come along into a forked child: there, nothing can be taken apart.
void store::discard() noexcept {
  if (state_ && state_->was_forked()) static_cast<void>(state_.release());
  state_.reset();
}

result<void> store::check_usable() const {
  if (!state_) return errc::store_closed;  // Moved from.
  return state_->check_usable();
}

result<store> store::open(const std::filesystem::path& path, const store_options& options) {
  if (auto checked = detail::check_options(options); !checked) return checked.error();
  auto core = engine::store_core::open(path.string(), options, real_surroundings());
  if (!core) return core.error();
  return store(std::make_unique<detail::store_state>(std::move(*core)));
}

result<append_outcome> store::append(const stream_name& stream, expected_version expected,
                                     std::span<const event_data> events,
                                     const append_options& options) {
  append_request request;
  request.write(stream, expected, events);
  return append(request, options);
}

result<append_outcome> store::append(const append_request& request, const append_options& options) {
  if (!state_) return errc::store_closed;
  return state_->append(request, options);
}

result<void> store::flush() {
  if (!state_) return errc::store_closed;
  return state_->flush();
}

result<void> store::close() {
  if (!state_) return errc::store_closed;
  return state_->close();
}

store_info store::info() const {
  if (state_) return state_->info();
  store_info nothing;
  nothing.failure = errc::store_closed;
  return nothing;
}

const recovery_report& store::recovery() const noexcept {
  static const recovery_report nothing;
  return state_ ? state_->report() : nothing;
}

stream_reader store::read_stream(const stream_name& stream,
                                 const read_stream_options& options) const {
  if (!state_) return stream_reader(nullptr);
  return stream_reader(std::make_unique<detail::stream_read>(*state_, stream, options));
}

log_reader store::read_all(const read_all_options& options) const {
  if (!state_) return log_reader(nullptr);
  return log_reader(std::make_unique<detail::log_read>(*state_, options));
}

result<std::optional<event>> store::read_last(const stream_name& stream, visibility seen) const {
  read_stream_options newest;
  newest.direction = direction::backwards;
  newest.limit = 1;
  newest.visibility = seen;
  auto batch = read_stream(stream, newest).next();
  if (!batch) return batch.error();
  if (batch->empty()) return std::optional<event>();
  return std::optional(detail::event_access::first_of(*batch));
}

result<std::optional<event>> store::read_event(position at, visibility seen) const {
  if (auto usable = check_usable(); !usable) return usable.error();
  return engine::read_position(state_->log(), at, state_->log().visible(seen));
}

result<std::optional<event>> store::read_event(const stream_name& stream, version at,
                                               visibility seen) const {
  if (!state_) return errc::store_closed;
  return state_->read_one(
      stream, seen,
      [&](const engine::read_snapshot& snapshot, const engine::record_reader&,
          const index::name_hash& hash) { return find_version(snapshot, hash, stream.str(), at); });
}

result<std::optional<event>> store::read_event(const stream_name& stream, const event_id& id,
                                               visibility seen) const {
  if (!state_) return errc::store_closed;
  return state_->read_one(stream, seen,
                          [&](const engine::read_snapshot& snapshot,
                              const engine::record_reader& reader, const index::name_hash& hash) {
                            return find_id(snapshot, reader, hash, stream.str(), id);
                          });
}

result<stream_info> store::stream_info(const stream_name& stream, visibility seen) const {
  if (auto usable = check_usable(); !usable) return usable.error();
  auto snapshot = engine::read_snapshot::take(state_->log(), seen);
  if (!snapshot) return snapshot.error();
  return snapshot->info_of(index::hash_name(stream.str(), state_->log().store().secret),
                           stream.str());
}

stream_reader::stream_reader(std::unique_ptr<detail::stream_read> state) noexcept
    : state_(std::move(state)) {}
stream_reader::stream_reader(stream_reader&&) noexcept = default;
stream_reader& stream_reader::operator=(stream_reader&&) noexcept = default;
stream_reader::~stream_reader() = default;
result<event_batch> stream_reader::next() {
  if (!state_) return errc::store_closed;  // Moved from, or read from a store that was.
  return state_->next();
}

log_reader::log_reader(std::unique_ptr<detail::log_read> state) noexcept
    : state_(std::move(state)) {}
log_reader::log_reader(log_reader&&) noexcept = default;
log_reader& log_reader::operator=(log_reader&&) noexcept = default;
log_reader::~log_reader() = default;
result<event_batch> log_reader::next() {
  if (!state_) return errc::store_closed;
  return state_->next();
}

}  // namespace mainstem
