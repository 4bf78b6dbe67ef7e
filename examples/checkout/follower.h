// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "checkpoint_file.h"
#include "options.h"

namespace checkout {

/// Follows a store that another process writes, or will write again.
class follower {
 public:
  /// `is_over` is asked between batches whether everything is seen; `say` gets a line a second.
  struct hooks {
    std::function<bool(const sales_view&)> is_over;
    std::function<void(const std::string&)> say;
  };
  follower(std::string store, checkpoint_file kept, hooks call)
      : store_(std::move(store)), kept_(std::move(kept)), call_(std::move(call)) {}

  /// From its checkpoint on, each event once and in order, until it is over.
  /// Errors: failure, if the store cannot be followed, or an event is not the next one.
  [[nodiscard]] outcome<void> run();

 private:
  using clock = std::chrono::steady_clock;
  [[nodiscard]] outcome<void> take(const mainstem::event_batch& batch, sales_view& view);
  void say_where(const sales_view& view);
  [[nodiscard]] outcome<void> save(const sales_view& view);

  std::string store_;
  checkpoint_file kept_;
  hooks call_;
  clock::time_point said_ = clock::now();
  clock::time_point saved_ = clock::now();
};

/// The process of the demo: until the end of the log that its board tells.
[[nodiscard]] int run_follower(const options& chosen);
/// The process of somebody who watches: until interrupted.
[[nodiscard]] outcome<void> follow(const options& chosen);

}  // namespace checkout
