// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <mainstem/schema_check.h>

#include <string>

#include "schema_support.h"
#include "typed_support.h"

namespace mainstem::typed {
namespace {

class EventCheck : public testing::Test {
 protected:
  void append(const std::string& type, const capnp_event_options& options = {}) {
    capnp::MallocMessageBuilder message;
    fill(message.initRoot<schema::OrderOpened>());
    store->append(stream_name("order-1"), any, make_capnp_event(type, message, options).value())
        .value();
  }
  schema_report check() {
    schema_report report;
    auto reader = store->read_all();
    check_events(reader, registry, report).value();
    return report;
  }
  small_store store;
  schema_registry registry;
};

TEST_F(EventCheck, FindsNothingWhereAllIsWell) {
  registry.add<schema::OrderOpened>("opened").value();
  append("opened");
  append("opened", {.metadata = {.schema_version = 1}});
  store->append(stream_name("order-1"), any, event_data("note", json("{}"))).value();
  const auto report = check();
  EXPECT_EQ(said(report), "");
  EXPECT_EQ(report.events, 3U);
}

TEST_F(EventCheck, FindsEachKindOnceWithItsFirstPositionAndCount) {
  registry.add<schema::OrderOpened>("opened").value();
  registry.add<schema::OrderPaid>("paid").value();
  append("opened");
  append("paid");
  append("paid");
  append("shipped");
  append("opened", {.metadata = {.schema_version = 2}});
  const auto report = check();
  ASSERT_EQ(said(report),
            "has events that are not what the schema says; has no schema today; "
            "has no schema today in this version");
  EXPECT_EQ(report.findings[0].type, "paid");
  EXPECT_EQ(report.findings[0].first_position, position(2));
  EXPECT_EQ(report.findings[0].events, 2U);
  EXPECT_EQ(report.findings[1].type, "shipped");
  EXPECT_EQ(report.findings[2].schema_version, 2U);
  EXPECT_NE(report.findings[0].message().find("2 events, the first at position 2"),
            std::string::npos);
}

TEST_F(EventCheck, FindsMetadataOfOthers) {
  registry.add<schema::OrderPaid>("paid").value();
  capnp::MallocMessageBuilder message;
  message.initRoot<schema::OrderPaid>();
  store
      ->append(stream_name("order-1"), any,
               event_data("paid", capnp_payload(message), {.metadata = bytes_of("{}")}))
      .value();
  EXPECT_EQ(said(check()), "has events whose metadata is not event_metadata");
}

TEST_F(EventCheck, AnswersWhatTheReaderAnswers) {
  append("opened");
  auto reader = store->read_all();
  store->close().value();
  schema_report report;
  EXPECT_EQ(check_events(reader, registry, report).error(), errc::store_closed);
}

}  // namespace
}  // namespace mainstem::typed
