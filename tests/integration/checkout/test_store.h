// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <utility>

#include <mainstem/store.h>

#include "../example_program.h"
#include "repository.h"

namespace checkout_test {

/// A store in a folder of its own, and a thread for coroutines.
class test_store : public testing::Test {
 protected:
  example_test::scratch_folder folder;
  mainstem::store store = mainstem::store::open(folder / "store").value();
  checkout::command_figures figures;
  checkout::repository aggregates{store, figures, 1};
  boost::asio::io_context context{1};
  std::exception_ptr thrown;

  /// Begins a coroutine: the answer is in `into` when run() has returned.
  template <class T>
  void begin(boost::asio::awaitable<T> coroutine, T& into) {
    boost::asio::co_spawn(context, std::move(coroutine),
                          [this, &into](std::exception_ptr what, T answer) {
                            if (what) thrown = what;
                            into = std::move(answer);
                          });
  }
  void run() {
    context.run();
    context.restart();
    if (thrown) std::rethrow_exception(std::exchange(thrown, nullptr));
  }
  checkout::command_answer submit(const checkout::command& wanted) {
    checkout::command_answer answer;
    begin(aggregates.submit(wanted), answer);
    run();
    return answer;
  }
  template <class Number>
  auto load(Number number) {
    typename decltype(aggregates.load(number))::value_type state;
    begin(aggregates.load(number), state);
    run();
    return state;
  }
};

}  // namespace checkout_test
