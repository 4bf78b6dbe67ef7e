// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstdint>

#include "acknowledgements.h"
#include "repository.h"
#include "shopping.h"

namespace checkout {

/// What all workers of the process share.
struct shop_floor {
  mainstem::store& store;
  repository& aggregates;
  shop_size size;
  std::uint32_t workers;
  const record_file& acknowledgements;
  const std::atomic<bool>& stop;  ///< No order is begun any more; those under way are finished.
};

/// Registers the customers and books the first delivery of each item, as far as that has not been
/// done.
[[nodiscard]] boost::asio::awaitable<void> set_up(const shop_floor& shop);

/// Takes every `workers`-th order through its life, one after the other.
class worker {
 public:
  /// @param number from 0 to `workers` - 1.
  worker(const shop_floor& shop, std::uint32_t number) : shop_(shop), number_(number) {}

  /// First repeats the last command of the newest order: nobody knows whether its answer had
  /// arrived when the process before this one was killed. Then goes on where the streams stop.
  [[nodiscard]] boost::asio::awaitable<void> run();

 private:
  [[nodiscard]] order_number order_at(std::uint64_t index) const {
    return order_number{1 + number_ + index * shop_.workers};
  }
  [[nodiscard]] std::uint64_t count_begun() const;
  [[nodiscard]] boost::asio::awaitable<void> serve(order_number number);
  [[nodiscard]] boost::asio::awaitable<void> deal_with(refusal refused, order_number number,
                                                       shopping_plan plan);
  [[nodiscard]] boost::asio::awaitable<command_answer> submit(command wanted);

  const shop_floor& shop_;
  std::uint32_t number_;
};

}  // namespace checkout
