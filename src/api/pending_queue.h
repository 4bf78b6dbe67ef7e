// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <mainstem/detail/pending.h>

#include "api/append_intake.h"

namespace mainstem::detail {

/// Gathers handlers of appends whose answers are there, and posts those that share an executor
/// together, up to 64 of them: that costs less than a tenth of as many posts. The intake is told
/// that they are posted, and when they are heard, several at a time.
class pending_queue {
 public:
  explicit pending_queue(append_intake& intake) noexcept : intake_(intake) {}
  pending_queue(const pending_queue&) = delete;
  pending_queue& operator=(const pending_queue&) = delete;
  ~pending_queue() { post(); }

  /// @param of lives until the handler is called.
  void add(pending* answered, append_pointer of) noexcept;
  void post() noexcept;

 private:
  struct chain {
    pending* first = nullptr;
    pending* last = nullptr;
    append_operation* last_of = nullptr;
    std::int64_t length = 0;
  };
  void post(chain& each) noexcept;

  append_intake& intake_;
  // Few executors have handlers in one group. Where they are many, those seen last are compared.
  std::array<chain, 4> chains_;
  std::size_t next_ = 0;
};

}  // namespace mainstem::detail
