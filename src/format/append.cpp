// SPDX-License-Identifier: Apache-2.0
#include <mainstem/append.h>

namespace mainstem {
namespace {

template <class... Handlers>
struct overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
overloaded(Handlers...) -> overloaded<Handlers...>;

std::string place_text(const append_outcome::commit_place& place) {
  if (place.first_position == position{}) return "the conditions hold";
  return "positions " + std::to_string(place.first_position.value()) + " to " +
         std::to_string(place.last_position.value());
}

}  // namespace

std::string expected_version::to_string() const {
  switch (kind_) {
    case kind::any: return "any version";
    case kind::no_stream: return "no stream";
    case kind::stream_exists: return "an existing stream";
    case kind::exact: return "version " + std::to_string(version_.value());
  }
  return "unknown";
}

append_request& append_request::write(stream_name stream, expected_version expected,
                                      std::span<const event_data> events) & {
  writes_.push_back({std::move(stream), expected, {events.begin(), events.end()}});
  return *this;
}

append_request& append_request::write(stream_name stream, expected_version expected,
                                      event_data event) & {
  auto& events = writes_.emplace_back(stream_write{std::move(stream), expected, {}}).events;
  events.push_back(std::move(event));
  return *this;
}

append_request& append_request::write(stream_name stream, expected_version expected,
                                      std::vector<event_data>&& events) & {
  writes_.push_back({std::move(stream), expected, std::move(events)});
  return *this;
}

append_request& append_request::require(stream_name stream, expected_version expected) & {
  requirements_.push_back({std::move(stream), expected});
  return *this;
}

const append_outcome::commit_place* append_outcome::place() const noexcept {
  if (const auto* now = committed()) return now;
  return already_committed();
}

std::string append_outcome::message() const {
  return std::visit(
      overloaded{
          [](std::monostate) { return std::string("no outcome: nobody answered"); },
          [](const committed_t& is) { return "committed: " + place_text(is); },
          [](const already_committed_t& is) { return "already committed: " + place_text(is); },
          [](const partial_duplicate_t& is) {
            return "partial duplicate: event " + is.id.to_string() + " stands in stream " +
                   is.stream + " already, but not as in this request";
          },
          [](const version_conflict_t& is) {
            return "version conflict: stream " + is.stream + " is at version " +
                   std::to_string(is.actual.value()) + ", expected was " + is.expected.to_string();
          },
          [](const stream_deleted_t& is) { return "stream deleted: " + is.stream; },
          [](const already_exists_t& is) {
            return "already exists: at position " + std::to_string(is.position.value());
          },
          [](const condition_failed_t& is) {
            return "condition failed: at position " + std::to_string(is.position.value());
          },
      },
      value_);
}

}  // namespace mainstem
