// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <mainstem/schema_check.h>
#include <mainstem/schema_files.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <latch>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "schema_support.h"
#include "typed_support.h"

// Schemas that are kept with the store: save_schemas(), saved_schemas(), check_store().
namespace mainstem::typed {
namespace {

constexpr const char* first_schema = "struct Order { customer @0 :Text; cents @1 :UInt32; }";
constexpr const char* grown_schema =
    "struct Order { customer @0 :Text; cents @1 :UInt32; note @2 :Text; }";
constexpr const char* broken_schema = "struct Order { customer @0 :Text; cents @1 :Text; }";

schema_registry registry_of(const std::string& body, std::uint32_t version = 1) {
  schema_registry registry;
  registry.add("order", version, files_of(body).find("Order").value()).value();
  return registry;
}

schema_registry with_opened(schema_registry registry, std::uint32_t version = 1) {
  registry.add<schema::OrderOpened>("opened", version).value();
  return registry;
}

/// Turns a bit in every place of the file that has these bytes.
void damage(const std::filesystem::path& file, std::span<const std::byte> wanted) {
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(bytes), {}};
  const std::string_view sought(reinterpret_cast<const char*>(wanted.data()), wanted.size());
  std::size_t found = 0;
  for (auto at = text.find(sought); at != std::string::npos; at = text.find(sought, at + 1)) {
    bytes.seekp(static_cast<std::streamoff>(at + sought.size() / 2));
    bytes.put(static_cast<char>(text[at + sought.size() / 2] ^ 1));
    ++found;
  }
  ASSERT_GT(found, 0U);
}

class SavedSchemas : public testing::Test {
 protected:
  small_store store;

  void append_opened() {
    capnp::MallocMessageBuilder message;
    fill(message.initRoot<schema::OrderOpened>());
    store->append(stream_name("order-1"), any, make_capnp_event("opened", message).value()).value();
  }
};

TEST_F(SavedSchemas, AreThoseThatWereSaved) {
  EXPECT_TRUE(saved_schemas(*store).value().empty());
  const schema_registry registry = with_opened(registry_of(first_schema), 2);
  save_schemas(*store, registry).value();
  EXPECT_EQ(saved_schemas(*store).value(), registry.recorded());
  save_schemas(*store, registry).value();
  EXPECT_EQ(saved_schemas(*store).value(), registry.recorded()) << "the same again is fine";
}

TEST_F(SavedSchemas, MakeARegistry) {
  save_schemas(*store, with_opened({})).value();
  append_opened();
  schema_registry made;
  for (const auto& recorded : saved_schemas(*store).value()) made.add(recorded).value();
  EXPECT_EQ(made.recorded(), with_opened({}).recorded());
  const auto opened = store->read_event(position(1)).value();
  const auto read = made.to_text(**opened);
  EXPECT_NE(read.value().find("customer = \"Ada\""), std::string::npos) << read.value();
}

TEST_F(SavedSchemas, SurviveReopeningAndTheLossOfTheIndex) {
  save_schemas(*store, registry_of(first_schema)).value();
  store.reopen([&] { std::filesystem::remove_all(store.folder() / "index"); });
  EXPECT_EQ(saved_schemas(*store).value(), registry_of(first_schema).recorded());
}

TEST_F(SavedSchemas, GrowWithCompatibleChanges) {
  save_schemas(*store, registry_of(first_schema)).value();
  save_schemas(*store, registry_of(grown_schema)).value();
  EXPECT_EQ(saved_schemas(*store).value(), registry_of(grown_schema).recorded());
}

TEST_F(SavedSchemas, RefuseOneThatDoesNotReadWhatIsStored) {
  save_schemas(*store, registry_of(first_schema)).value();
  const auto refused = save_schemas(*store, with_opened(registry_of(broken_schema)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::incompatible_schema);
  EXPECT_EQ(refused.error(), error_condition::invalid);
  EXPECT_NE(refused.error().message().find("order in schema version 1: cents changed its type"),
            std::string::npos)
      << refused.error();
  EXPECT_EQ(saved_schemas(*store).value(), registry_of(first_schema).recorded())
      << "nothing was kept";
}

TEST_F(SavedSchemas, RefuseAProgramFromBeforeAFieldWasAdded) {
  save_schemas(*store, registry_of(grown_schema)).value();
  EXPECT_EQ(save_schemas(*store, registry_of(first_schema)).error(), errc::incompatible_schema);
  EXPECT_EQ(saved_schemas(*store).value(), registry_of(grown_schema).recorded());
}

TEST_F(SavedSchemas, AreJudgedVersionByVersion) {
  save_schemas(*store, registry_of(first_schema)).value();
  schema_registry both = registry_of(first_schema);
  both.add("order", 2, files_of(broken_schema).find("Order").value()).value();
  save_schemas(*store, both).value();
  EXPECT_EQ(saved_schemas(*store).value(), both.recorded());
  EXPECT_EQ(save_schemas(*store, registry_of(first_schema, 2)).error(), errc::incompatible_schema)
      << "what is right for version 1";
  EXPECT_EQ(save_schemas(*store, registry_of(broken_schema, 1)).error(), errc::incompatible_schema);
  EXPECT_EQ(saved_schemas(*store).value(), both.recorded());
  EXPECT_TRUE(check_store(*store, both, check_depth::schemas).value().compatible());
}

TEST_F(SavedSchemas, StayWhenTheRegistryDoesNotHaveThem) {
  save_schemas(*store, registry_of(first_schema)).value();
  save_schemas(*store, registry_of(broken_schema, 2)).value();
  save_schemas(*store, with_opened({})).value();
  save_schemas(*store, {}).value();
  EXPECT_EQ(saved_schemas(*store).value().size(), 3U);
  const auto report =
      check_store(*store, registry_of(broken_schema, 2), check_depth::schemas).value();
  EXPECT_EQ(said(report), "has no schema today; has no schema today in this version");
  EXPECT_FALSE(report.compatible()) << "whoever reads needs them all";
}

// Had each been compared with what was there before both, both would have been kept, one over the
// other.
TEST_F(SavedSchemas, OfSeveralCallersAtATimeAreThoseOfOne) {
  const std::vector<std::string> types = {"Text", "UInt64", "Float64", "Bool"};
  std::vector<schema_registry> registries;
  for (const auto& type : types)
    registries.push_back(registry_of("struct Order { cents @0 :" + type + "; }"));
  std::vector<result<void>> answers(types.size());
  {
    std::latch all_are_ready(static_cast<std::ptrdiff_t>(types.size()));
    std::vector<std::jthread> callers;
    for (std::size_t i = 0; i < types.size(); ++i) {
      callers.emplace_back([&, i] {
        all_are_ready.arrive_and_wait();
        answers[i] = save_schemas(*store, registries[i]);
      });
    }
  }
  std::size_t winner = types.size();
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (answers[i]) {
      EXPECT_EQ(winner, types.size()) << "two were told that theirs is kept";
      winner = i;
    } else {
      EXPECT_EQ(answers[i].error(), errc::incompatible_schema);
    }
  }
  ASSERT_LT(winner, types.size());
  EXPECT_EQ(saved_schemas(*store).value(), registries[winner].recorded());
}

TEST_F(SavedSchemas, AreCheckedAgainstThoseOfToday) {
  save_schemas(*store, registry_of(first_schema)).value();
  EXPECT_TRUE(
      check_store(*store, registry_of(grown_schema), check_depth::schemas).value().compatible());
  const auto report = check_store(*store, registry_of(broken_schema), check_depth::schemas).value();
  EXPECT_EQ(said(report), "cents changed its type");
  EXPECT_EQ(report.schemas, 1U);
  EXPECT_EQ(said(check_store(*store, files_of(broken_schema)).value()), "cents changed its type");
  EXPECT_TRUE(check_store(*store, files_of(grown_schema)).value().compatible());
}

TEST_F(SavedSchemas, AndEventsAreCheckedTogether) {
  save_schemas(*store, registry_of(first_schema)).value();
  append_opened();
  const auto schemas = check_store(*store, registry_of(first_schema), check_depth::schemas).value();
  EXPECT_TRUE(schemas.compatible());
  EXPECT_EQ(schemas.events, 0U);
  const auto report = check_store(*store, registry_of(first_schema), check_depth::events).value();
  EXPECT_EQ(said(report), "has no schema today");
  EXPECT_EQ(report.events, 1U);
  EXPECT_TRUE(check_store(*store, with_opened(registry_of(first_schema)), check_depth::events)
                  ->compatible());
}

// What a follower knows is not what events are written with: a read model of tomorrow must not keep
// today's writer from starting.
TEST_F(SavedSchemas, AreReadByFollowersAndSavedByTheWriterAlone) {
  save_schemas(*store, registry_of(first_schema)).value();
  store->close().value();
  auto follower = mainstem::store::open_read_only(store.folder()).value();
  EXPECT_EQ(saved_schemas(follower).value(), registry_of(first_schema).recorded());
  EXPECT_TRUE(
      check_store(follower, registry_of(grown_schema), check_depth::events).value().compatible());
  EXPECT_FALSE(check_store(follower, files_of(broken_schema)).value().compatible());
  const auto refused = save_schemas(follower, registry_of(grown_schema));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::store_read_only);
  EXPECT_NE(refused.error().message().find("where the store is open for writing"),
            std::string::npos)
      << refused.error();
  EXPECT_EQ(saved_schemas(follower).value(), registry_of(first_schema).recorded());
  follower.close().value();
  EXPECT_EQ(save_schemas(follower, registry_of(grown_schema)).error(), errc::store_closed);
}

TEST_F(SavedSchemas, SayWhenOneIsDamaged) {
  const auto recorded = registry_of(first_schema).recorded();
  save_schemas(*store, registry_of(first_schema)).value();
  store->save_checkpoint("mail", position(0)).value();
  store.reopen([&] { damage(store.folder() / "state" / "data.mdb", recorded.front().bytes); });
  const auto lost = saved_schemas(*store);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error(), errc::corrupt_state);
  EXPECT_NE(lost.error().message().find("Put the folder `state` back from a copy"),
            std::string::npos)
      << lost.error();
  EXPECT_EQ(save_schemas(*store, registry_of(first_schema)).error(), errc::corrupt_state);
  EXPECT_EQ(check_store(*store, registry_of(first_schema), check_depth::schemas).error(),
            errc::corrupt_state);
  EXPECT_EQ(check_store(*store, files_of(first_schema)).error(), errc::corrupt_state);
  EXPECT_EQ(store->checkpoint("mail").value(), position(0)) << "which nothing has happened to";
}

TEST_F(SavedSchemas, BeginAnewWhenTheFolderWasRemoved) {
  save_schemas(*store, registry_of(first_schema)).value();
  store.reopen([&] { std::filesystem::resize_file(store.folder() / "state" / "data.mdb", 100); });
  EXPECT_EQ(saved_schemas(*store).error(), errc::corrupt_state);
  EXPECT_EQ(save_schemas(*store, registry_of(first_schema)).error(), errc::corrupt_state);
  store.reopen([&] { std::filesystem::remove_all(store.folder() / "state"); });
  EXPECT_TRUE(saved_schemas(*store).value().empty());
  EXPECT_TRUE(save_schemas(*store, registry_of(broken_schema)));
}

TEST_F(SavedSchemas, AnswerThatTheStoreIsClosed) {
  store->close().value();
  EXPECT_EQ(saved_schemas(*store).error(), errc::store_closed);
  EXPECT_EQ(save_schemas(*store, registry_of(first_schema)).error(), errc::store_closed);
  EXPECT_EQ(check_store(*store, registry_of(first_schema), check_depth::events).error(),
            errc::store_closed);
  EXPECT_EQ(check_store(*store, files_of(first_schema)).error(), errc::store_closed);
  auto moved = std::move(*store);
  EXPECT_EQ(saved_schemas(*store).error(), errc::store_closed);
  EXPECT_EQ(save_schemas(*store, registry_of(first_schema)).error(), errc::store_closed);
}

TEST_F(SavedSchemas, AnswerThatTheProcessWasForked) {
  const schema_registry registry = registry_of(first_schema);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto saved = saved_schemas(*store);
    const auto refused = save_schemas(*store, registry);
    ::_exit(!saved && saved.error() == errc::forked_process && !refused &&
                    refused.error() == errc::forked_process
                ? 0
                : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace mainstem::typed
