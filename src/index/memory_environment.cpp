// SPDX-License-Identifier: Apache-2.0
#include "index/memory_environment.h"

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>

#include "base/bytes.h"
#include "index/memory_table.h"

namespace mainstem::index {
namespace {

constexpr std::size_t most_states_kept = 16;

using state = std::shared_ptr<const memory_tables>;

/// One environment: the states that a crash could bring back, oldest first. The last one is the
/// present.
struct history {
  std::mutex lock;    ///< Over `states`.
  std::mutex writer;  ///< Held by the write transaction.
  std::deque<state> states{std::make_shared<memory_tables>()};

  state present() {
    const std::scoped_lock held(lock);
    return states.back();
  }
  void add(state next) {
    const std::scoped_lock held(lock);
    states.push_back(std::move(next));
    if (states.size() > most_states_kept) states.pop_front();
  }
  void forget_older() {
    const std::scoped_lock held(lock);
    states.erase(states.begin(), states.end() - 1);
  }
};

/// Decides which call fails.
class fault_plan {
 public:
  void set(std::uint64_t nth, error failure, bool for_good) {
    const std::scoped_lock held(lock_);
    nth_ = nth;
    calls_ = 0;
    failure_ = std::move(failure);
    for_good_ = for_good;
  }
  result<void> step() {
    const std::scoped_lock held(lock_);
    ++calls_;
    const bool fails = nth_ != 0 && (calls_ == nth_ || (for_good_ && calls_ > nth_));
    if (fails) return failure_;
    return {};
  }
  std::uint64_t calls() {
    const std::scoped_lock held(lock_);
    return calls_;
  }

 private:
  std::mutex lock_;
  std::uint64_t nth_ = 0;
  std::uint64_t calls_ = 0;
  error failure_;
  bool for_good_ = false;
};

std::size_t slot(table which) { return static_cast<std::size_t>(which); }

class memory_cursor final : public cursor {
 public:
  memory_cursor(const memory_table& over, std::shared_ptr<fault_plan> faults)
      : over_(over), faults_(std::move(faults)) {}

  result<std::optional<row>> seek(bytes_view key) override {
    if (auto step = faults_->step(); !step) return step.error();
    at_ = over_.find(as_text(key));
    return here();
  }
  result<std::optional<row>> next() override {
    if (auto step = faults_->step(); !step) return step.error();
    at_ = over_.after(at_);
    return here();
  }
  result<std::optional<row>> previous() override {
    if (auto step = faults_->step(); !step) return step.error();
    const auto before = over_.before(at_);
    if (before == over_.end()) return std::optional<row>{};
    at_ = before;
    return here();
  }

 private:
  result<std::optional<row>> here() const {
    if (at_ == over_.end()) return std::optional<row>{};
    const auto& found = over_.at(at_);
    return std::optional<row>{row{as_bytes(found.key), as_bytes(found.value)}};
  }
  const memory_table& over_;
  std::shared_ptr<fault_plan> faults_;
  memory_table::place at_;
};

result<std::optional<bytes_view>> get_from(const memory_table& from, bytes_view key) {
  const auto where = from.find(as_text(key));
  if (where == from.end() || from.at(where).key != as_text(key)) return std::optional<bytes_view>{};
  return std::optional<bytes_view>{as_bytes(from.at(where).value)};
}

class memory_read final : public read_transaction {
 public:
  memory_read(state seen, std::shared_ptr<fault_plan> faults)
      : seen_(std::move(seen)), faults_(std::move(faults)) {}

  result<std::optional<bytes_view>> get(table from, bytes_view key) override {
    if (auto step = faults_->step(); !step) return step.error();
    return get_from((*seen_)[slot(from)], key);
  }
  result<std::unique_ptr<cursor>> open_cursor(table over) override {
    return std::unique_ptr<cursor>(std::make_unique<memory_cursor>((*seen_)[slot(over)], faults_));
  }

 private:
  state seen_;
  std::shared_ptr<fault_plan> faults_;
};

}  // namespace

struct memory_provider::shared_state {
  std::mutex lock;
  std::map<std::string, std::shared_ptr<history>, std::less<>> environments;
  std::shared_ptr<fault_plan> faults = std::make_shared<fault_plan>();
};

class memory_provider::memory_environment final : public environment {
 public:
  using hook = std::function<void(std::string_view)>;
  memory_environment(std::shared_ptr<shared_state> all, std::string_view name,
                     std::shared_ptr<history> own, hook on_call)
      : all_(std::move(all)),
        name_(name),
        own_(std::move(own)),
        faults_(all_->faults),
        on_call_(std::move(on_call)) {}

  result<std::unique_ptr<read_transaction>> begin_read() override {
    if (auto step = faults_->step(); !step) return step.error();
    return std::unique_ptr<read_transaction>(
        std::make_unique<memory_read>(own_->present(), faults_));
  }
  result<std::unique_ptr<write_transaction>> begin_write() override;
  result<void> sync() override {
    if (on_call_) on_call_("sync");
    if (auto step = faults_->step(); !step) return step.error();
    own_->forget_older();
    return {};
  }
  result<std::uint64_t> size_bytes() override {
    std::uint64_t total = 0;
    const state seen = own_->present();
    for (const memory_table& each : *seen) {
      for (auto at = each.find({}); at != each.end(); at = each.after(at)) {
        total += each.at(at).key.size() + each.at(at).value.size();
      }
    }
    return total;
  }

  bool is_replaced() override {
    const std::scoped_lock held(all_->lock);
    const auto found = all_->environments.find(name_);
    return found == all_->environments.end() || found->second != own_;
  }

 private:
  class memory_write;
  std::shared_ptr<shared_state> all_;
  std::string name_;
  std::shared_ptr<history> own_;
  std::shared_ptr<fault_plan> faults_;
  hook on_call_;
};

class memory_provider::memory_environment::memory_write final : public write_transaction {
 public:
  explicit memory_write(memory_environment& in)
      : in_(in), turn_(in.own_->writer), changed_(*in.own_->present()) {}

  result<std::optional<bytes_view>> get(table from, bytes_view key) override {
    if (auto step = in_.faults_->step(); !step) return step.error();
    return get_from(changed_[slot(from)], key);
  }
  result<std::unique_ptr<cursor>> open_cursor(table over) override {
    return std::unique_ptr<cursor>(
        std::make_unique<memory_cursor>(changed_[slot(over)], in_.faults_));
  }
  result<void> put(table into, bytes_view key, bytes_view value, bool append) override {
    if (auto step = in_.faults_->step(); !step) return step.error();
    memory_table& rows = changed_[slot(into)];
    if (append && rows.find(as_text(key)) != rows.end()) {
      return {errc::corrupt_index, "a table goes on behind what should be its end"};
    }
    rows.put(as_text(key), as_text(value));
    return {};
  }
  result<void> erase(table from, bytes_view key) override {
    if (auto step = in_.faults_->step(); !step) return step.error();
    changed_[slot(from)].erase(as_text(key));
    return {};
  }
  result<void> commit() override {
    if (in_.on_call_) in_.on_call_("commit");
    auto step = in_.faults_->step();
    if (step) in_.own_->add(std::make_shared<memory_tables>(std::move(changed_)));
    turn_.unlock();
    return step;
  }

 private:
  memory_environment& in_;
  std::unique_lock<std::mutex> turn_;
  memory_tables changed_;
};

result<std::unique_ptr<write_transaction>> memory_provider::memory_environment::begin_write() {
  if (auto step = faults_->step(); !step) return step.error();
  return std::unique_ptr<write_transaction>(std::make_unique<memory_write>(*this));
}

memory_provider::memory_provider() : shared_(std::make_shared<shared_state>()) {}
memory_provider::~memory_provider() = default;

result<std::unique_ptr<environment>> memory_provider::open(std::string_view name) {
  if (auto step = shared_->faults->step(); !step) return step.error();
  const std::scoped_lock held(shared_->lock);
  auto& own = shared_->environments[std::string(name)];
  if (!own) own = std::make_shared<history>();
  return std::unique_ptr<environment>(
      std::make_unique<memory_environment>(shared_, name, own, on_call));
}

result<std::unique_ptr<environment>> memory_provider::open_read_only(std::string_view name) {
  return open_existing(name);
}

// Nothing is mapped here that could lead anybody astray.
result<bool> memory_provider::inspect(std::string_view name) {
  const std::scoped_lock held(shared_->lock);
  return shared_->environments.find(name) != shared_->environments.end();
}

result<std::unique_ptr<environment>> memory_provider::open_existing(std::string_view name) {
  if (auto step = shared_->faults->step(); !step) return step.error();
  const std::scoped_lock held(shared_->lock);
  const auto found = shared_->environments.find(name);
  if (found == shared_->environments.end())
    return error(errc::corrupt_index, "there is no such environment");
  return std::unique_ptr<environment>(
      std::make_unique<memory_environment>(shared_, name, found->second, on_call));
}

result<void> memory_provider::discard(std::string_view name) {
  if (auto step = shared_->faults->step(); !step) return step.error();
  lose(name);
  return {};
}

std::unique_ptr<memory_provider> memory_provider::clone() const {
  auto copy = std::make_unique<memory_provider>();
  const std::scoped_lock held(shared_->lock);
  for (const auto& [name, original] : shared_->environments) {
    auto& own = copy->shared_->environments[name];
    own = std::make_shared<history>();
    const std::scoped_lock states_held(original->lock);
    own->states = original->states;
  }
  return copy;
}

void memory_provider::crash(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::scoped_lock held(shared_->lock);
  for (auto& [name, current] : shared_->environments) {
    // Keeps the lock that is held below.
    const std::shared_ptr<history> before = current;
    const std::scoped_lock states_held(before->lock);
    current = std::make_shared<history>();
    current->states = {before->states[random() % before->states.size()]};
  }
}

void memory_provider::lose(std::string_view name) {
  const std::scoped_lock held(shared_->lock);
  if (const auto found = shared_->environments.find(name); found != shared_->environments.end()) {
    shared_->environments.erase(found);
  }
}

void memory_provider::fail_call(std::uint64_t nth, error failure, bool for_good) {
  shared_->faults->set(nth, std::move(failure), for_good);
}

std::uint64_t memory_provider::calls() const noexcept { return shared_->faults->calls(); }

void memory_provider::tamper(std::string_view name, table in, bytes_view key,
                             std::optional<bytes_view> value) {
  const std::scoped_lock held(shared_->lock);
  const auto found = shared_->environments.find(name);
  if (found == shared_->environments.end()) return;
  auto changed = std::make_shared<memory_tables>(*found->second->present());
  memory_table& rows = (*changed)[slot(in)];
  if (value) {
    rows.put(as_text(key), as_text(*value));
  } else {
    rows.erase(as_text(key));
  }
  found->second->add(std::move(changed));
}

}  // namespace mainstem::index
