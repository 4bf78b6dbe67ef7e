// SPDX-License-Identifier: Apache-2.0
#include "support/simulated_machine.h"

#include <utility>

namespace mainstem::test_support {
namespace {

/// The engine owns its provider; this one belongs to the machine and outlives it.
class borrowed_provider final : public index::environment_provider {
 public:
  explicit borrowed_provider(index::memory_provider& real) noexcept : real_(real) {}
  result<std::unique_ptr<index::environment>> open(std::string_view name) override {
    return real_.open(name);
  }
  result<std::unique_ptr<index::environment>> open_existing(std::string_view name) override {
    return real_.open_existing(name);
  }
  result<std::unique_ptr<index::environment>> open_read_only(std::string_view name) override {
    return real_.open_read_only(name);
  }
  result<bool> inspect(std::string_view name) override { return real_.inspect(name); }
  result<void> discard(std::string_view name) override { return real_.discard(name); }

 private:
  index::memory_provider& real_;
};

}  // namespace

simulated_machine::simulated_machine(std::uint64_t seed)
    : simulated_machine(std::make_unique<os::simulated_disk>(),
                        std::make_unique<index::memory_provider>(),
                        fake_clock::default_unix_nanoseconds, seed) {}

simulated_machine::simulated_machine(std::unique_ptr<os::simulated_disk> disk,
                                     std::unique_ptr<index::memory_provider> index,
                                     std::uint64_t unix_nanoseconds, std::uint64_t seed)
    : disk_(std::move(disk)),
      index_(std::move(index)),
      clock_(unix_nanoseconds),
      seed_(seed),
      random_(seed) {
  index_->on_call = [this](std::string_view) { note_call(); };
}

simulated_machine::~simulated_machine() = default;

std::unique_ptr<simulated_machine> simulated_machine::killed() const {
  return std::unique_ptr<simulated_machine>(
      new simulated_machine(disk_->clone(), index_->clone(), clock_.unix_nanoseconds(), seed_ + 1));
}

std::unique_ptr<simulated_machine> simulated_machine::crashed(std::uint64_t seed) const {
  auto index = index_->clone();
  index->crash(seed);
  // A fake_random of the same seed draws how much survives: another bit decides on stale bytes.
  const bool stale = (seed >> 40U) % 2 == 0;
  return std::unique_ptr<simulated_machine>(
      new simulated_machine(disk_->crash(seed, {.stale_bytes = stale}), std::move(index),
                            clock_.unix_nanoseconds(), seed_ + 1));
}

engine::surroundings simulated_machine::around() {
  return {
      .disk = front_ != nullptr ? *front_ : *disk_,
      .make_index_provider =
          [this](std::shared_ptr<os::directory>) -> std::unique_ptr<index::environment_provider> {
        return std::make_unique<borrowed_provider>(*index_);
      },
      .clock = clock_,
      .random = random_};
}

void simulated_machine::watch(watcher who) {
  watcher_ = std::move(who);
  if (watcher_) {
    disk_->on_call([this](const os::call&) { note_call(); });
  } else {
    disk_->on_call({});
  }
}

void simulated_machine::note_call() {
  if (watcher_) watcher_();
}

}  // namespace mainstem::test_support
