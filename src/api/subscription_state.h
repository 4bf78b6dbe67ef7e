// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include <mainstem/subscription.h>

#include "api/answers.h"
#include "api/store_state.h"
#include "engine/subscription_cursor.h"

namespace mainstem::detail {

/// What a subscription is made of.
class subscription_state {
 public:
  /// Inside the store's gate. `options.after` is a position.
  subscription_state(std::shared_ptr<const store_state> store, const subscription_options& options)
      : store_(std::move(store)), cursor_(store_->log(), options) {}

  /// One slice of reading: without events, either caught_up(), or call it again.
  [[nodiscard]] result<event_batch> read();
  [[nodiscard]] bool caught_up() const noexcept { return cursor_.caught_up(); }
  /// What there is to wait for, once caught_up().
  [[nodiscard]] mainstem::position awaited() const noexcept {
    return mainstem::position(cursor_.position().value() + 1);
  }

  /// Notes an answer of next() for last_error().
  [[nodiscard]] result<event_batch> note(result<event_batch> answer);
  [[nodiscard]] result<event_batch> try_next();
  [[nodiscard]] result<event_batch> next(const wait_limit& limit);

  [[nodiscard]] mainstem::position position() const noexcept { return cursor_.position(); }
  [[nodiscard]] const error& last_error() const noexcept { return last_error_; }
  [[nodiscard]] single_use& use() noexcept { return use_; }
  [[nodiscard]] const store_state& store() const noexcept { return *store_; }

 private:
  std::shared_ptr<const store_state> store_;
  engine::subscription_cursor cursor_;
  error last_error_;
  single_use use_;
};

}  // namespace mainstem::detail
