// SPDX-License-Identifier: Apache-2.0
#include "api/readers.h"

namespace mainstem {

stream_reader::stream_reader(std::shared_ptr<detail::stream_read> state) noexcept
    : state_(std::move(state)) {}
stream_reader::stream_reader(stream_reader&&) noexcept = default;
stream_reader& stream_reader::operator=(stream_reader&&) noexcept = default;
stream_reader::~stream_reader() = default;
result<event_batch> stream_reader::next() {
  if (!state_) return errc::store_closed;  // Moved from, or read from a store that was.
  return state_->next();
}
const error& stream_reader::last_error() const noexcept {
  return state_ ? state_->last_error() : detail::moved_from_error();
}

log_reader::log_reader(std::shared_ptr<detail::log_read> state) noexcept
    : state_(std::move(state)) {}
log_reader::log_reader(log_reader&&) noexcept = default;
log_reader& log_reader::operator=(log_reader&&) noexcept = default;
log_reader::~log_reader() = default;
result<event_batch> log_reader::next() {
  if (!state_) return errc::store_closed;
  return state_->next();
}
const error& log_reader::last_error() const noexcept {
  return state_ ? state_->last_error() : detail::moved_from_error();
}

}  // namespace mainstem
