// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include <mainstem/error.h>

#include "index/environment.h"

namespace mainstem::index {

/// Environments in memory, for tests that crash, fail and clone.
///
/// Of the states that were committed, a crash brings back any that is not older than the last
/// sync(), the creation, or the 16th last one. Thread safety: safe, but for on_call, which is to be
/// set before.
class memory_provider final : public environment_provider {
 public:
  memory_provider();
  ~memory_provider() override;

  [[nodiscard]] result<std::unique_ptr<environment>> open(std::string_view name) override;
  [[nodiscard]] result<std::unique_ptr<environment>> open_existing(std::string_view name) override;
  [[nodiscard]] result<std::unique_ptr<environment>> open_read_only(std::string_view name) override;
  [[nodiscard]] result<bool> inspect(std::string_view name) override;
  [[nodiscard]] result<void> discard(std::string_view name) override;

  /// Everything as it is now, with what a crash could bring back; no faults and no hook. Cheap:
  /// nothing that is not changed afterwards is copied.
  [[nodiscard]] std::unique_ptr<memory_provider> clone() const;

  /// The machine goes down and comes up again. Environments that are still open go on with what
  /// they had, but nothing that they do is seen here any more.
  void crash(std::uint64_t seed);

  /// The environment is gone; as in a crash, for whoever has it open.
  void lose(std::string_view name);

  /// Of the calls from now on, number `nth` (from 1) fails, having done nothing; and all after it,
  /// `for_good`. 0: none. Every call counts: open, discard, begin, get, seek, next, previous, put,
  /// erase, commit, sync.
  void fail_call(std::uint64_t nth, error failure, bool for_good = false);
  /// Calls since fail_call.
  [[nodiscard]] std::uint64_t calls() const noexcept;

  /// Called before each "commit" and "sync" does anything, with no lock held.
  std::function<void(std::string_view call)> on_call;

  /// Changes what is committed, behind everybody's back; for damage. Without a value, the row goes.
  void tamper(std::string_view name, table in, bytes_view key, std::optional<bytes_view> value);

 private:
  struct shared_state;
  class memory_environment;
  std::shared_ptr<shared_state> shared_;
};

}  // namespace mainstem::index
