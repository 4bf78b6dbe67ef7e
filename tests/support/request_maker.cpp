// SPDX-License-Identifier: Apache-2.0
#include "support/request_maker.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

namespace mainstem::test_support {
namespace {

constexpr std::size_t most_remembered = 40;

std::vector<std::byte> some_bytes(fake_random& random, std::size_t most) {
  std::vector<std::byte> bytes(random.below(most + 1));
  random.fill(bytes);
  return bytes;
}

}  // namespace

std::string stream_of(std::size_t index) {
  static constexpr std::array<const char*, 4> categories{"order", "account", "käse", "x"};
  if (index == 0) return "lonely";
  return std::string(categories[index % categories.size()]) + "-" + std::to_string(index);
}

event_data request_maker::make_event(fake_random& random) {
  static constexpr std::array<const char*, 4> types{"opened", "paid", "closed", "größer"};
  const auto payload = some_bytes(random, most_.payload_bytes);
  const auto metadata = some_bytes(random, random.chance(20) ? 24 : 0);
  event_options options;
  options.metadata = metadata;
  if (random.chance(30)) {
    // An id from outside: the store has to look for it even the first time.
    uuid::bytes_type id{};
    random.fill(id);
    options.id = event_id(id);
  }
  for (std::uint64_t i = random.chance(25) ? random.below(3) + 1 : 0; i > 0; --i) {
    options.tags.push_back("tag:" + std::to_string(i));
  }
  const auto codec = static_cast<mainstem::codec>(random.below(4));
  return {types[random.below(types.size())], payload_view{payload, codec}, options};
}

expected_version request_maker::expect(fake_random& random, std::uint64_t actual) const {
  switch (random.below(10)) {
    case 0: return no_stream;
    case 1: return stream_exists;
    case 2: return exactly(version(random.below(6)));
    case 3:
    case 4: return any;
    default: return exactly(version(actual));
  }
}

append_request request_maker::make_plain(fake_random& random) {
  append_request request;
  std::set<std::size_t> used;
  for (std::uint64_t i = random.below(most_.streams_each) + 1; i > 0; --i) {
    const std::size_t stream = random.below(most_.streams);
    if (!used.insert(stream).second) continue;
    std::vector<event_data> events;
    for (std::uint64_t n = random.below(most_.events_each) + 1; n > 0; --n) {
      events.push_back(make_event(random));
    }
    request.write(stream_name(stream_of(stream)), any, events);
  }
  remember(request);
  return request;
}

append_request request_maker::make_fresh(fake_random& random, const store_model& model) {
  append_request request;
  std::set<std::size_t> used;
  const auto actual = [&](std::size_t stream) {
    return model.info_of(stream_of(stream), model.last()).version.value();
  };
  const bool is_check = random.chance(5);
  for (std::uint64_t i = is_check ? 0 : random.below(most_.streams_each) + 1; i > 0; --i) {
    const std::size_t stream = random.below(most_.streams);
    if (!used.insert(stream).second) continue;
    std::vector<event_data> events;
    for (std::uint64_t n = random.below(most_.events_each) + 1; n > 0; --n) {
      events.push_back(make_event(random));
    }
    request.write(stream_name(stream_of(stream)), expect(random, actual(stream)), events);
  }
  const std::uint64_t requirements = is_check ? 1 + random.below(2) : (random.chance(15) ? 1 : 0);
  for (std::uint64_t i = requirements; i > 0; --i) {
    const std::size_t stream = random.below(most_.streams);
    if (!used.insert(stream).second) continue;
    request.require(stream_name(stream_of(stream)), expect(random, actual(stream)));
  }
  return request;
}

// Something that looks like an earlier request, but is not the same.
append_request request_maker::spoil(fake_random& random, const append_request& earlier) {
  append_request request;
  auto writes = earlier.writes();
  if (writes.empty()) return earlier;
  auto& chosen = writes[random.below(writes.size())];
  switch (random.below(6)) {
    case 0:  // The same id, another payload.
      chosen.events.front() = event_data("spoiled", binary(chosen.events.front().payload()),
                                         {.id = chosen.events.front().id()});
      break;
    case 1: chosen.events.push_back(make_event(random)); break;
    case 2: std::reverse(chosen.events.begin(), chosen.events.end()); break;
    case 3:
      if (chosen.events.size() > 1) chosen.events.pop_back();
      break;
    case 4:
      if (writes.size() > 1) writes.pop_back();
      break;
    default: {  // Events of two requests.
      const auto& other = earlier_[random.below(earlier_.size())].writes();
      for (const auto& write : other) {
        const bool known = std::ranges::any_of(
            writes, [&](const auto& each) { return each.stream == write.stream; });
        if (!known) writes.push_back(write);
      }
    }
  }
  for (const auto& write : writes) request.write(write.stream, any, write.events);
  return request;
}

append_request request_maker::make(fake_random& random, const store_model& model) {
  if (!earlier_.empty() && random.chance(20)) {
    const auto& again = earlier_[random.below(earlier_.size())];
    return random.chance(60) ? again : spoil(random, again);
  }
  append_request request = make_fresh(random, model);
  remember(request);
  return request;
}

void request_maker::remember(const append_request& request) {
  earlier_.push_back(request);
  if (earlier_.size() > most_remembered) earlier_.pop_front();
}

}  // namespace mainstem::test_support
