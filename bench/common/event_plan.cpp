// SPDX-License-Identifier: Apache-2.0
#include "common/event_plan.h"

#include <array>
#include <cstdio>
#include <utility>

namespace mainstem::bench {

std::uint64_t random_source::next() noexcept {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

std::uint64_t random_source::below(std::uint64_t bound) noexcept {
  // The bias of the remainder does not matter to a benchmark.
  return next() % bound;
}

event_material::event_material(std::size_t streams, std::size_t payload_bytes)
    : payload_bytes_(payload_bytes), bytes_((std::size_t{64} << 10U) + payload_bytes) {
  names_.reserve(streams);
  for (std::size_t i = 0; i < streams; ++i) {
    std::array<char, name_bytes + 1> name{};
    std::snprintf(name.data(), name.size(), "order-%010u", static_cast<unsigned>(i));
    names_.emplace_back(name.data());
  }
  random_source random(42);
  for (auto& byte : bytes_) byte = static_cast<std::byte>(random.next());
}

std::span<const std::byte> event_material::payload(std::uint64_t choice) const noexcept {
  const std::size_t places = bytes_.size() - payload_bytes_;
  return std::span(bytes_).subspan(choice % places, payload_bytes_);
}

event_plan::event_plan(const event_material& material, stream_heads& heads, std::size_t writer,
                       std::size_t writers, std::uint64_t seed)
    : material_(&material),
      heads_(&heads),
      first_stream_(material.streams() * writer / writers),
      stream_count_(material.streams() * (writer + 1) / writers - first_stream_),
      random_(seed) {}

std::span<const planned_event> event_plan::draw(std::size_t events) {
  events_.clear();
  names_.clear();
  names_.reserve(events * name_bytes);  // It does not move below.
  while (drawn_.size() < events) {
    const std::size_t stream = first_stream_ + random_.below(stream_count_);
    // A store may refuse a commit that names a stream twice.
    if (std::exchange(heads_->drawn[stream], std::uint8_t{1}) != 0) continue;
    drawn_.push_back(stream);
    const std::size_t begin = names_.size();
    names_ += material_->name(stream);
    events_.push_back({.stream = std::string_view(names_).substr(begin),
                       .version_before = heads_->versions[stream],
                       .payload = material_->payload(random_.next())});
  }
  return events_;
}

void event_plan::committed(std::size_t events) {
  for (std::size_t i = 0; i < drawn_.size(); ++i) {
    if (i < events) ++heads_->versions[drawn_[i]];
    heads_->drawn[drawn_[i]] = 0;
  }
  drawn_.clear();
}

}  // namespace mainstem::bench
