// SPDX-License-Identifier: Apache-2.0
#include "api/pending_queue.h"

#include <vector>

#include <gtest/gtest.h>

namespace mainstem::detail {
namespace {

/// Handlers of one executor: what was posted there, in order, and how often.
struct executor_stub {
  std::vector<pending*> posted;  ///< The first of each chain.
  std::vector<int> called;
  bool calls_at_once = false;  ///< As if another thread were very quick.
};

/// @returns the one behind it.
pending* call(pending* first) {
  pending* const next = first->next();
  first->complete();
  return next;
}

class handler_stub final : public pending {
 public:
  handler_stub(executor_stub& on, int number) : executor_(&on), number_(number) {}
  void post() noexcept override {
    executor_->posted.push_back(this);
    if (!executor_->calls_at_once) return;
    for (pending* first = this; first != nullptr;) first = call(first);
  }
  void complete() override {
    executor_->called.push_back(number_);
    delete this;
  }
  void destroy() noexcept override { delete this; }

 private:
  [[nodiscard]] const void* executor() const noexcept override { return executor_; }
  [[nodiscard]] const void* executor_kind() const noexcept override { return nullptr; }
  [[nodiscard]] bool equals_executor(const void* other) const noexcept override {
    return executor_ == other;
  }

  executor_stub* executor_;
  int number_;
};

append_pointer some_operation() {
  return make_operation<append_operation>(nullptr, append_request(), append_options(), nullptr);
}

void run(executor_stub& executor) {
  for (pending* first : executor.posted)
    while (first != nullptr) first = call(first);
}

std::vector<int> numbers_of(int executor, int executors, int handlers) {
  std::vector<int> numbers;
  for (int i = executor; i < handlers; i += executors) numbers.push_back(i);
  return numbers;
}

/// Hands out so many answers over the executors in turn, and runs those.
void expect_all_called_and_heard(int executors, int handlers, std::size_t posts) {
  append_intake intake(1'000);
  std::vector<executor_stub> stubs(static_cast<std::size_t>(executors));
  {
    pending_queue queue(intake);
    for (int i = 0; i < handlers; ++i) {
      queue.add(new handler_stub(stubs[static_cast<std::size_t>(i % executors)], i),
                some_operation());
    }
  }
  EXPECT_EQ(intake.unheard(), handlers);
  for (int i = 0; i < executors; ++i) {
    executor_stub& stub = stubs[static_cast<std::size_t>(i)];
    EXPECT_EQ(stub.posted.size(), posts) << "executor " << i;
    run(stub);
    EXPECT_EQ(stub.called, numbers_of(i, executors, handlers)) << "executor " << i;
  }
  EXPECT_EQ(intake.unheard(), 0);
}

TEST(PendingQueue, PostsThoseOfOneExecutorTogether) {
  expect_all_called_and_heard(1, 1, 1);
  expect_all_called_and_heard(1, 64, 1);
  expect_all_called_and_heard(1, 65, 2);
  expect_all_called_and_heard(1, 1'000, 16);
}

TEST(PendingQueue, PostsAFewExecutorsTogetherEach) { expect_all_called_and_heard(3, 100, 1); }

// The first ones are called while the others are being gathered.
TEST(PendingQueue, DoesNotWaitForTheLast) {
  append_intake intake(1'000);
  executor_stub stub;
  {
    pending_queue queue(intake);
    for (int i = 0; i < 100; ++i) queue.add(new handler_stub(stub, i), some_operation());
    EXPECT_EQ(stub.posted.size(), 1U);
    EXPECT_EQ(intake.unheard(), 64);
    run(stub);
    EXPECT_EQ(intake.unheard(), 0);
    stub.posted.clear();
  }
  run(stub);
  EXPECT_EQ(stub.called, numbers_of(0, 1, 100));
  EXPECT_EQ(intake.unheard(), 0);
}

TEST(PendingQueue, PostsLongChainsOfAFewExecutors) { expect_all_called_and_heard(3, 600, 4); }

TEST(PendingQueue, LosesNoAnswerAmongManyExecutors) { expect_all_called_and_heard(6, 60, 10); }

// What was posted may be over, and gone, before post() has come back.
TEST(PendingQueue, CountsAnswersBeforeTheyCanBeHeard) {
  append_intake intake(1'000);
  executor_stub stub{.posted = {}, .called = {}, .calls_at_once = true};
  {
    pending_queue queue(intake);
    for (int i = 0; i < 1'000; ++i) {
      queue.add(new handler_stub(stub, i), some_operation());
      ASSERT_EQ(intake.unheard(), 0) << i;
    }
  }
  EXPECT_EQ(stub.called, numbers_of(0, 1, 1'000));
  EXPECT_EQ(intake.unheard(), 0);
  EXPECT_EQ(intake.rung(), 0U) << "nobody gathers";
}

// One that is busy does not push out the others.
TEST(PendingQueue, KeepsShortChainsBesideALongOne) {
  append_intake intake(1'000);
  std::vector<executor_stub> stubs(4);
  {
    pending_queue queue(intake);
    for (int quiet = 1; quiet < 4; ++quiet)
      queue.add(new handler_stub(stubs[static_cast<std::size_t>(quiet)], quiet), some_operation());
    for (int i = 0; i < 640; ++i) queue.add(new handler_stub(stubs[0], i), some_operation());
    for (int quiet = 1; quiet < 4; ++quiet)
      queue.add(new handler_stub(stubs[static_cast<std::size_t>(quiet)], quiet), some_operation());
  }
  EXPECT_EQ(stubs[0].posted.size(), 10U);
  for (std::size_t quiet = 1; quiet < 4; ++quiet) EXPECT_EQ(stubs[quiet].posted.size(), 1U);
  for (executor_stub& stub : stubs) run(stub);
  EXPECT_EQ(intake.unheard(), 0);
}

// Whoever gathers goes on waiting only as long as it sees that answers are being heard.
TEST(PendingQueue, LetsTheIntakeSeeThatSomebodyListens) {
  constexpr int handlers = 60;
  append_intake intake(1'000);
  executor_stub stub;
  {
    pending_queue queue(intake);
    for (int i = 0; i < handlers; ++i) queue.add(new handler_stub(stub, i), some_operation());
  }
  ASSERT_EQ(stub.posted.size(), 1U);
  pending* first = stub.posted.front();
  for (int called = 1; called <= handlers; ++called) {
    first = call(first);
    EXPECT_GE(intake.unheard(), handlers - called);
    EXPECT_LT(intake.unheard(), handlers - called + 16);
  }
  EXPECT_EQ(first, nullptr);
  EXPECT_EQ(intake.unheard(), 0);
}

}  // namespace
}  // namespace mainstem::detail
