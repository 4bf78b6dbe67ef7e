// SPDX-License-Identifier: Apache-2.0
#include <mainstem/store.h>

#include <chrono>
#include <thread>

#include "append/peer.h"

namespace mainstem::bench {

namespace {

class mainstem_writer final : public peer_writer {
 public:
  explicit mainstem_writer(store& target) : store_(target) {}

  void commit(std::span<const planned_event> events) override {
    const auto outcome = events.size() == 1 ? append_one(events.front()) : append_many(events);
    if (outcome.committed() == nullptr) throw std::runtime_error("append: " + outcome.message());
  }

 private:
  static event_data build(const planned_event& event) {
    return event_data(event_type, binary(event.payload));
  }

  append_outcome append_one(const planned_event& event) {
    return store_
        .append(stream_name(event.stream), exactly(version(event.version_before)), {build(event)})
        .value();
  }

  append_outcome append_many(std::span<const planned_event> events) {
    append_request request;
    for (const auto& event : events)
      request.write(stream_name(event.stream), exactly(version(event.version_before)),
                    {build(event)});
    return store_.append(request).value();
  }

  store& store_;
};

class mainstem_peer final : public peer {
 public:
  mainstem_peer(const std::filesystem::path& folder, file_space space)
      : store_(store::open(folder, {.preallocation = space == file_space::zero_filled
                                                         ? preallocation::zero_fill
                                                         : preallocation::reserve})
                   .value()) {}

  std::unique_ptr<peer_writer> start_writer() override {
    return std::make_unique<mainstem_writer>(store_);
  }

  void rest() override { wait_until_quiet(store_); }

  std::uint64_t log_bytes() const override { return store_.info().log_bytes; }

 private:
  store store_;
};

}  // namespace

void wait_until_quiet(const store& busy) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  for (auto before = busy.info();;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    auto now = busy.info();
    const bool quiet =
        now.index_flushes == before.index_flushes && now.index_bytes == before.index_bytes;
    if (quiet || std::chrono::steady_clock::now() > give_up) return;
    before = std::move(now);
  }
}

std::unique_ptr<peer> open_mainstem(const std::filesystem::path& folder, file_space space) {
  return std::make_unique<mainstem_peer>(folder, space);
}

}  // namespace mainstem::bench
