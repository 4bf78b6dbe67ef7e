// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <gtest/gtest.h>

#include "api_support.h"

// What a store answers that was closed, or moved from.
namespace mainstem::api::test {
namespace {

template <class Answer>
bool closed(const Answer& answer) {
  return !answer && answer.error() == errc::store_closed;
}

void expect_all_closed(store& log) {
  EXPECT_TRUE(closed(log.append(named("a"), any, {numbered(2)})));
  EXPECT_TRUE(closed(log.append(named("a"), any, numbered(2))));
  EXPECT_TRUE(closed(log.append(append_request().require(named("a"), any))));
  EXPECT_TRUE(closed(log.flush()));
  EXPECT_TRUE(closed(log.read_last(named("a"))));
  EXPECT_TRUE(closed(log.read_event(position(1))));
  EXPECT_TRUE(closed(log.read_event(named("a"), version(1))));
  EXPECT_TRUE(closed(log.read_event(named("a"), id_of(1))));
  EXPECT_TRUE(closed(log.stream_info(named("a"))));
  EXPECT_TRUE(closed(log.read_stream(named("a")).next()));
  EXPECT_TRUE(closed(log.read_all().next()));
  EXPECT_TRUE(closed(log.close()));
  const auto info = log.info();
  EXPECT_TRUE(info.failure && *info.failure == errc::store_closed);
  EXPECT_TRUE(info.store_id.is_nil());
  EXPECT_EQ(info.written, position(0));
}

TEST(ClosedStore, AnswersThatItIsClosed) {
  temporary_folder folder;
  auto log = store::open(folder / "store", quiet_options()).value();
  ASSERT_EQ(append(log, "a", no_stream, {1}), "committed 1..1 a@1");
  auto stream = log.read_stream(named("a"));
  auto all = log.read_all();
  const recovery_report& report = log.recovery();
  log.close().value();
  expect_all_closed(log);
  EXPECT_TRUE(closed(stream.next()));
  EXPECT_TRUE(closed(all.next()));
  EXPECT_EQ(&log.recovery(), &report) << "closing does not end it";
  EXPECT_EQ(report.last_position, position(0)) << "what opening found";
}

TEST(MovedStore, WorksWhereItIsMovedTo) {
  temporary_folder folder;
  auto first = store::open(folder / "first", quiet_options()).value();
  ASSERT_EQ(append(first, "a", no_stream, {1}), "committed 1..1 a@1");
  store moved = std::move(first);
  EXPECT_EQ(append(moved, "a", any, {2}), "committed 2..2 a@2");
  auto second = store::open(folder / "second", quiet_options()).value();
  second = std::move(moved);
  EXPECT_EQ(contents(second), "1:a@1#1 2:a@2#2");
  EXPECT_TRUE(store::open(folder / "second", quiet_options())) << "assignment closed it";
}

TEST(MovedStore, AnswersThatItIsClosedWhereItWasMovedFrom) {
  temporary_folder folder;
  auto from = store::open(folder / "store", quiet_options()).value();
  store to = std::move(from);
  expect_all_closed(from);
  EXPECT_EQ(from.recovery().last_position, position(0));
  EXPECT_FALSE(from.recovery().damage);
  EXPECT_EQ(append(to, "a", no_stream, {1}), "committed 1..1 a@1") << "it is not harmed";
  from = std::move(to);
  EXPECT_EQ(append(from, "a", any, {2}), "committed 2..2 a@2") << "it can be assigned to";
  expect_all_closed(to);
}

TEST(MovedStore, TakesItsReadersAndItsReportAlong) {
  temporary_folder folder;
  auto from = store::open(folder / "store", quiet_options()).value();
  ASSERT_EQ(append(from, "a", no_stream, {1, 2}), "committed 1..2 a@2");
  auto stream = from.read_stream(named("a"), {.batch = {.events = 1}});
  auto all = from.read_all({.batch = {.events = 1}});
  EXPECT_EQ(stream.next().value().size(), 1U);
  EXPECT_EQ(all.next().value().size(), 1U);
  const recovery_report& report = from.recovery();
  store to = std::move(from);
  EXPECT_EQ(&to.recovery(), &report);
  EXPECT_EQ(versions_of(drain(stream)), numbers(2, 2));
  EXPECT_EQ(positions_of(drain(all)), numbers(2, 2));
  ASSERT_EQ(append(to, "a", any, {3}), "committed 3..3 a@3");
  EXPECT_EQ(versions_of(drain(stream)), numbers(3, 3));
}

TEST(MovedReader, AnswersThatItIsClosed) {
  temporary_folder folder;
  auto log = store::open(folder / "store", quiet_options()).value();
  ASSERT_EQ(append(log, "a", no_stream, {1}), "committed 1..1 a@1");
  auto stream = log.read_stream(named("a"));
  auto all = log.read_all();
  auto moved_stream = std::move(stream);
  auto moved_all = std::move(all);
  EXPECT_TRUE(closed(stream.next()));
  EXPECT_TRUE(closed(all.next()));
  EXPECT_EQ(drain(moved_stream).size(), 1U);
  EXPECT_EQ(drain(moved_all).size(), 1U);
}

}  // namespace
}  // namespace mainstem::api::test
