// SPDX-License-Identifier: Apache-2.0
#include "testing/machine.h"

#include <utility>

#include "os/system_error.h"

namespace mainstem::testing {
namespace {

// The two headers speak of the same things in the same order.
static_assert(static_cast<std::size_t>(call_kind::commit_index) == os::call_kinds);
static_assert(static_cast<int>(call_kind::lock) == static_cast<int>(os::call_kind::lock));
static_assert(static_cast<int>(call_kind::sync) == static_cast<int>(os::call_kind::sync));
static_assert(static_cast<int>(fault_effect::goes_astray) ==
              static_cast<int>(os::fault_effect::goes_astray));
static_assert(static_cast<int>(survival::everything) == static_cast<int>(os::survival::everything));

os::fault as_fault(const fault& how) {
  os::fault made{.error = how.error,
                 .effect = static_cast<os::fault_effect>(how.effect),
                 .for_good = how.for_good,
                 .path_contains = how.path_contains,
                 .bit = how.bit,
                 .to_path = how.to_path,
                 .to_offset = how.to_offset};
  if (how.only) made.only = static_cast<os::call_kind>(*how.only);
  return made;
}

bool is_of_the_index(call_kind kind) noexcept {
  return kind == call_kind::commit_index || kind == call_kind::sync_index;
}

class shared_provider final : public index::environment_provider {
 public:
  explicit shared_provider(std::shared_ptr<index::memory_provider> real) : real_(std::move(real)) {}
  result<std::unique_ptr<index::environment>> open(std::string_view name) override {
    return real_->open(name);
  }
  result<std::unique_ptr<index::environment>> open_existing(std::string_view name) override {
    return real_->open_existing(name);
  }
  result<std::unique_ptr<index::environment>> open_read_only(std::string_view name) override {
    return real_->open_read_only(name);
  }
  result<bool> inspect(std::string_view name) override { return real_->inspect(name); }
  result<void> discard(std::string_view name) override { return real_->discard(name); }

 private:
  std::shared_ptr<index::memory_provider> real_;
};

}  // namespace

simulated_disk::machine::machine(std::uint64_t seed)
    : machine(std::make_unique<os::simulated_disk>(), seed) {}

simulated_disk::machine::machine(std::unique_ptr<os::simulated_disk> disk, std::uint64_t seed)
    : disk_(std::move(disk)), seed_(seed), random_(seed) {}

simulated_disk::machine::~machine() = default;

std::shared_ptr<simulated_disk::machine> simulated_disk::machine::copy(
    const std::function<std::unique_ptr<os::simulated_disk>()>& make_disk) const {
  std::shared_ptr<machine> made;
  // An index that is copied later than its disk could know of events that the copy has not got.
  disk_->while_stopped([&] {
    made.reset(new machine(make_disk(), seed_ + 1));
    for (const auto& [folder, each] : indexes_) {
      std::shared_ptr<index::memory_provider> own = each->clone();
      made->indexes_.emplace(folder, own);
    }
  });
  made->clock_.set(clock_.setting());
  return made;
}

std::shared_ptr<simulated_disk::machine> simulated_disk::machine::killed() const {
  auto made = copy([this] { return disk_->clone(); });
  for (const auto& [folder, each] : made->indexes_) made->watch(folder, *each);
  return made;
}

std::shared_ptr<simulated_disk::machine> simulated_disk::machine::crashed(
    std::uint64_t seed, const crash_options& options) const {
  auto made = copy([&] {
    return disk_->crash(seed, {.unsynced = static_cast<os::survival>(options.unsynced),
                               .stale_bytes = options.stale_bytes});
  });
  for (const auto& [folder, each] : made->indexes_) {
    each->crash(seed);
    made->watch(folder, *each);
  }
  return made;
}

engine::surroundings simulated_disk::machine::around() {
  return {.disk = *disk_,
          .make_index_provider = [this](const std::shared_ptr<os::directory>& folder)
              -> std::unique_ptr<index::environment_provider> {
            return std::make_unique<shared_provider>(index_of(folder->path()));
          },
          .clock = clock_,
          .random = random_};
}

std::shared_ptr<index::memory_provider> simulated_disk::machine::index_of(
    const std::string& folder) {
  std::shared_ptr<index::memory_provider> found;
  disk_->while_stopped([&] {
    auto& each = indexes_[folder];
    if (!each) {
      each = std::make_shared<index::memory_provider>();
      watch(folder, *each);
    }
    found = each;
  });
  return found;
}

void simulated_disk::machine::watch(const std::string& folder, index::memory_provider& index) {
  index.on_call = [this, folder, &index](std::string_view what) {
    note_index(folder, index, what == "sync" ? call_kind::sync_index : call_kind::commit_index);
  };
}

// The hook and the faults of the index go by the same lock as those of the disk: whoever watches is
// never called twice at a time.
void simulated_disk::machine::note_index(const std::string& folder, index::memory_provider& index,
                                         call_kind kind) {
  disk_->while_stopped([&] {
    if (const auto hook = hook_) hook({.kind = kind, .path = folder});
    std::optional<int> number;
    bool for_good = false;
    for (index_fault& armed : index_faults_) {
      if (armed.how.only != kind || folder.find(armed.how.path_contains) == std::string::npos)
        continue;
      if (armed.remaining > 0) --armed.remaining;
      if (armed.remaining != 0 || number) continue;
      number = armed.how.error;
      for_good = armed.how.for_good;
    }
    std::erase_if(index_faults_, [](const index_fault& armed) {
      return armed.remaining == 0 && !armed.how.for_good;
    });
    if (number)
      index.fail_call(1, os::system_error(*number, "write the index of", folder), for_good);
  });
}

void simulated_disk::machine::fail_call(std::uint64_t n, const fault& how) {
  if (!how.only || !is_of_the_index(*how.only)) return disk_->fail_call(n, as_fault(how));
  disk_->while_stopped([&] { index_faults_.push_back({how, n}); });
}

void simulated_disk::machine::clear_faults() {
  disk_->clear_faults();
  disk_->while_stopped([this] {
    index_faults_.clear();
    for (const auto& [folder, each] : indexes_) each->fail_call(0, {});
  });
}

void simulated_disk::machine::on_change(std::function<void(const call&)> hook) {
  disk_->while_stopped([&] {
    hook_ = std::move(hook);
    if (!hook_) return disk_->on_call({});
    disk_->on_call([asked = hook_](const os::call& about) {
      asked({.kind = static_cast<call_kind>(about.kind),
             .path = about.path,
             .offset = about.offset,
             .bytes = about.bytes});
    });
  });
}

void simulated_disk::machine::lose_index(const std::string& folder) {
  disk_->while_stopped([&] {
    if (const auto found = indexes_.find(folder); found != indexes_.end())
      found->second->lose("index");
  });
}

}  // namespace mainstem::testing
