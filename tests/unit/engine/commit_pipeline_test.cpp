// SPDX-License-Identifier: Apache-2.0
#include "engine/commit_pipeline.h"

#include <chrono>

#include <gtest/gtest.h>

#include "engine/look_up.h"
#include "engine/store_core.h"
#include "log/file_window.h"
#include "support/simulated_machine.h"

namespace mainstem::engine {
namespace {

using submitted = commit_pipeline::submitted;

/// A store whose steps the test takes itself, one by one.
class CommitPipeline : public ::testing::Test {
 protected:
  CommitPipeline() {
    store_options options;
    options.segment_size_bytes = 64U << 10U;
    core_ = store_core::open("store", options, machine_.around()).value();
    held_ = store_core::lock(mutex_);
  }

  commit_request prepared(const append_request& request, durability wanted = durability::synced) {
    return prepare(request, wanted, core_->identity().secret, core_->options().segment_size_bytes)
        .value();
  }

  submitted submit(commit_request& request) {
    for (;;) {
      const submitted what = core_->pipeline().submit(request);
      if (what != submitted::needs_lookup) return what;
      EXPECT_TRUE(look_up(core_->log(), request));
    }
  }

  void write_all() {
    while (core_->pipeline().can_write()) core_->write_step(held_);
  }

  static append_request one_event(std::string_view stream, expected_version expected,
                                  const event_data& event) {
    append_request request;
    request.write(stream_name(stream), expected, {event});
    return request;
  }

  test_support::simulated_machine machine_{1};
  std::mutex mutex_;
  std::unique_ptr<store_core> core_;
  store_core::lock held_;
  const event_data event_{"opened", json("{}")};
};

TEST_F(CommitPipeline, JudgesTheNextGroupWhileOneIsWritten) {
  const auto first = one_event("order-1", no_stream, event_);
  auto a = prepared(first);
  ASSERT_EQ(submit(a), submitted::queued);
  const write_plan plan = core_->pipeline().begin_write(1);

  const event_data later("paid", json("{}"));
  const auto second = one_event("order-1", exactly(version(1)), later);
  auto b = prepared(second);
  ASSERT_EQ(submit(b), submitted::queued);
  core_->pipeline().finish_write(plan, perform(plan));
  write_all();
  ASSERT_TRUE(b.answer->value().committed());
  EXPECT_EQ(b.answer->value().committed()->first_position, position(2));
}

// Both carry ids of our own making that no log has yet. Only one of them may be believed.
TEST_F(CommitPipeline, AppendsAnEventOnceThatTwoRequestsCarryAtTheSameTime) {
  const auto request = one_event("order-1", any, event_);
  auto a = prepared(request);
  auto b = prepared(request);
  ASSERT_EQ(submit(b), submitted::queued);
  ASSERT_EQ(submit(a), submitted::must_wait);
  EXPECT_EQ(a.group, b.group);
  write_all();
  ASSERT_EQ(submit(a), submitted::answered);
  ASSERT_TRUE(a.answer->value().already_committed());
  EXPECT_EQ(a.answer->value().already_committed()->first_position, position(1));
  EXPECT_EQ(core_->log().written(), position(1));
}

TEST_F(CommitPipeline, GivesAConflictOnlyWhenWhatItRestsOnIsDurable) {
  const auto first = one_event("order-1", no_stream, event_);
  auto a = prepared(first);
  ASSERT_EQ(submit(a), submitted::queued);
  const event_data other("opened", json("{}"));
  const auto second = one_event("order-1", no_stream, other);
  auto b = prepared(second);
  EXPECT_EQ(submit(b), submitted::queued);
  write_all();
  ASSERT_TRUE(b.answer->value().version_conflict());
  EXPECT_EQ(b.answer->value().version_conflict()->actual, version(1));

  auto c = prepared(second);
  EXPECT_EQ(submit(c), submitted::answered);
}

TEST_F(CommitPipeline, EndsEverythingBehindAFailedGroupAsUnknown) {
  const auto first = one_event("order-1", no_stream, event_);
  auto a = prepared(first);
  ASSERT_EQ(submit(a), submitted::queued);
  const write_plan plan = core_->pipeline().begin_write(1);
  const event_data other("opened", json("{}"));
  const auto second = one_event("order-1", no_stream, other);
  auto conflict = prepared(second);
  ASSERT_EQ(submit(conflict), submitted::queued);
  const auto third = one_event("order-2", no_stream, other);
  auto behind = prepared(third);
  ASSERT_EQ(submit(behind), submitted::queued);

  const error broken(boost::system::errc::make_error_code(boost::system::errc::io_error));
  core_->pipeline().finish_write(plan, broken);
  for (const auto* request : {&a, &conflict, &behind}) {
    ASSERT_FALSE(*request->answer);
    EXPECT_EQ(request->answer->error(), errc::outcome_unknown);
  }
  EXPECT_FALSE(core_->pipeline().can_write() && core_->pipeline().take_failed_groups().empty());
  auto late = prepared(third);
  ASSERT_EQ(submit(late), submitted::answered);
  EXPECT_EQ(late.answer->error(), errc::store_failed);
}

TEST_F(CommitPipeline, MarksOnceAndOnlyWhatIsDurable) {
  EXPECT_EQ(core_->pipeline().queue_mark(), nullptr);
  const auto request = one_event("order-1", any, event_);
  auto a = prepared(request, durability::buffered);
  ASSERT_EQ(submit(a), submitted::queued);
  write_all();
  EXPECT_EQ(core_->log().durable(), position(0));
  EXPECT_EQ(core_->pipeline().queue_mark(), nullptr);
  ASSERT_NE(core_->pipeline().queue_sync(), nullptr);
  write_all();
  EXPECT_EQ(core_->log().durable(), position(1));
  EXPECT_FALSE(core_->pipeline().is_settled());
  ASSERT_NE(core_->pipeline().queue_mark(), nullptr);
  write_all();
  EXPECT_TRUE(core_->pipeline().is_settled());
  EXPECT_EQ(core_->pipeline().queue_mark(), nullptr);
}

TEST_F(CommitPipeline, AsksForASegmentBeforeItTouchesAnything) {
  const std::string payload(20'000, 'x');
  for (int i = 0;; ++i) {
    ASSERT_LT(i, 8);
    const event_data event("filled", text(payload));
    const auto request = one_event("order-1", any, event);
    auto a = prepared(request);
    const submitted what = submit(a);
    if (what == submitted::needs_segment) break;
    ASSERT_EQ(what, submitted::queued);
    write_all();
  }
  const position before = core_->pipeline().last_assigned();
  EXPECT_EQ(core_->log().written(), before);
  ASSERT_TRUE(core_->spare_step(held_));
  const event_data event("filled", text(payload));
  const auto request = one_event("order-1", any, event);
  auto a = prepared(request);
  ASSERT_EQ(submit(a), submitted::queued);
  write_all();
  EXPECT_EQ(a.answer->value().committed()->first_position, position(before.value() + 1));
  EXPECT_EQ(core_->log().segments()->size(), 2U);
}

// The frames of the first segment are counted by reading it, those of the others while they are
// written: both is the same.
TEST_F(CommitPipeline, CountsTheFramesOfASegmentWhileItWritesThem) {
  store_options options;
  options.segment_size_bytes = 512U << 10U;
  auto core = store_core::open("sealed", options, machine_.around()).value();
  const std::uint64_t secret = core->identity().secret;
  const auto append = [&](std::size_t size) {
    append_request request =
        one_event("order-1", any, event_data("filled", text(std::string(size, 'x'))));
    request.write(stream_name("order-2"), any, event_data("noted", json("{}")));
    auto made = prepare(request, durability::synced, secret, options.segment_size_bytes).value();
    EXPECT_TRUE(append_alone(*core, held_, made).value().committed());
  };
  for (std::size_t i = 0; core->log().segments()->size() < 4; ++i) {
    ASSERT_LT(i, 200U);
    machine_.clock().advance(std::chrono::milliseconds(1));
    append(1'000 + 3'000 * (i % 9));
    if (i % 3 == 0 && core->pipeline().queue_mark()) core->write_step(held_);
  }
  while (core->seal_step(held_).value()) continue;

  const auto segments = core->log().segments();
  for (std::size_t i = 0; i + 1 < segments->size(); ++i) {
    log::segment& sealed = *(*segments)[i];
    log::file_window window(sealed.file(), sealed.file().size().value(), secret);
    const auto trailer = window.final_trailer().value();
    ASSERT_TRUE(trailer) << i;
    const auto read = log::add_up_frames(window, sealed.number(), trailer->offset_bytes).value();
    EXPECT_EQ(trailer->frame_count, read.frame_count);
    EXPECT_EQ(trailer->event_count, read.event_count);
    EXPECT_GT(trailer->frame_count, trailer->event_count / 2) << "no marks among them";
    EXPECT_EQ(trailer->first_timestamp, read.first_timestamp);
    EXPECT_EQ(trailer->last_timestamp, read.last_timestamp);
    EXPECT_LT(trailer->first_timestamp, trailer->last_timestamp);
    EXPECT_EQ(trailer->entries, read.entries);
    EXPECT_GT(trailer->entries.size(), 3U);
  }
}

// Between its search and its turn, the event of the other one went through memory into the index.
TEST_F(CommitPipeline, FindsADuplicateThatWasFlushedAfterTheSearch) {
  for (const expected_version expected : {expected_version(any), expected_version(no_stream)}) {
    const std::string stream = "order-" + std::to_string(core_->log().written().value());
    const event_data event("opened", json("{}"));
    const auto request = one_event(stream, expected, event);
    auto a = prepared(request);
    auto b = prepared(request);
    ASSERT_EQ(core_->pipeline().submit(a), submitted::needs_lookup);
    ASSERT_TRUE(look_up(core_->log(), a));
    ASSERT_TRUE(a.duplicates->finding && !a.duplicates->finding->answer);

    ASSERT_EQ(submit(b), submitted::queued);
    write_all();
    core_->pipeline().rotate_generation();
    while (core_->flush_step(held_).value()) continue;
    ASSERT_EQ(core_->pipeline().unflushed_events(), 0U);

    ASSERT_EQ(submit(a), submitted::answered);
    ASSERT_TRUE(a.answer->value().already_committed()) << a.answer->value();
    EXPECT_EQ(a.answer->value().already_committed()->first_position,
              b.answer->value().committed()->first_position);
  }
}

TEST_F(CommitPipeline, LetsAFullQueueWait) {
  store_options options;
  options.segment_size_bytes = 4U << 20U;
  options.queue_bytes = 64U << 10U;
  auto core = store_core::open("narrow", options, machine_.around()).value();
  const event_data big("filled", text(std::string(60U << 10U, 'x')));
  const event_data next("filled", text(std::string(60U << 10U, 'x')));
  const auto first = one_event("order-1", any, big);
  const auto second = one_event("order-1", any, next);
  auto a = prepare(first, durability::synced, core->identity().secret, options.segment_size_bytes)
               .value();
  auto b = prepare(second, durability::synced, core->identity().secret, options.segment_size_bytes)
               .value();
  while (core->pipeline().submit(a) == submitted::needs_lookup)
    ASSERT_TRUE(look_up(core->log(), a));
  EXPECT_EQ(core->pipeline().submit(b), submitted::queue_full);
  core->write_step(held_);
  EXPECT_EQ(core->pipeline().submit(b), submitted::queued);
  core->write_step(held_);
}

}  // namespace
}  // namespace mainstem::engine
