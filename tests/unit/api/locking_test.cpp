// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "api_support.h"
#include "other_process.h"

namespace mainstem::api::test {
namespace {

namespace fs = std::filesystem;

std::string this_host() {
  std::array<char, 256> name{};
  EXPECT_EQ(::gethostname(name.data(), name.size() - 1), 0);
  return name.data();
}

void expect_names_holder(const std::string& message, pid_t holder) {
  EXPECT_NE(message.find(this_host()), std::string::npos) << message;
  EXPECT_NE(message.find(std::to_string(holder)), std::string::npos) << message;
  EXPECT_NE(message.find("20"), std::string::npos) << "the year of its start: " << message;
}

TEST(StoreLock, RefusesASecondOpenerInThisProcess) {
  temporary_folder folder;
  std::optional first(store::open(folder / "store", quiet_options()).value());
  fs::create_directory_symlink(folder / "store", folder / "link");
  for (const auto& path : {folder / "store", folder / "link", folder / "store/../link/."}) {
    const auto second = store::open(path, quiet_options());
    ASSERT_FALSE(second) << path;
    EXPECT_TRUE(second.error() == errc::store_locked) << second.error();
    EXPECT_TRUE(second.error() == error_condition::conflict) << second.error();
    expect_names_holder(second.error().message(), ::getpid());
    EXPECT_TRUE(second.error().message().starts_with(
        "another store object holds the lock: the store is open for writing in process "))
        << second.error();
  }
  EXPECT_EQ(append(*first, "a", no_stream, {1}), "committed 1..1 a@1") << "it is not harmed";
  first.reset();
  EXPECT_TRUE(store::open(folder / "link", quiet_options()));
}

TEST(StoreLock, RefusesAnotherProcess) {
  temporary_folder folder;
  auto log = store::open(folder / "store", quiet_options()).value();
  other_process second({"open", folder / "store"});
  expect_names_holder(second.read_line(), ::getpid());
  EXPECT_EQ(second.finish(), 1);
  log.close().value();
  other_process third({"open", folder / "store"});
  EXPECT_EQ(third.read_line(), "opened");
  EXPECT_EQ(third.finish(), 0);
}

TEST(StoreLock, IsFreeWhenTheHolderEnds) {
  temporary_folder folder;
  other_process holder({"hold", folder / "store"});
  ASSERT_EQ(holder.read_line(), "held");
  const auto refused = store::open(folder / "store", quiet_options());
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error() == errc::store_locked);
  expect_names_holder(refused.error().message(), holder.id());
  EXPECT_EQ(holder.finish(), 0);
  EXPECT_TRUE(store::open(folder / "store", quiet_options()));
}

TEST(StoreLock, IsFreeWhenTheHolderIsKilled) {
  temporary_folder folder;
  other_process holder({"hold", folder / "store"});
  ASSERT_EQ(holder.read_line(), "held");
  ASSERT_FALSE(store::open(folder / "store", quiet_options()));
  holder.kill();
  EXPECT_TRUE(store::open(folder / "store", quiet_options()));
}

TEST(StoreLock, IsFreeAfterARefusedOpening) {
  temporary_folder folder;
  { const auto made = store::open(folder / "store", quiet_options()).value(); }
  const auto manifests = manifest_files(folder / "store");
  ASSERT_FALSE(manifests.empty());
  const auto good = read_file(manifests.front());
  for (const auto& file : manifests) write_file(file, "garbage");
  EXPECT_FALSE(store::open(folder / "store", quiet_options()));
  for (const auto& file : manifests) write_file(file, good);
  EXPECT_TRUE(store::open(folder / "store", quiet_options()));
}

template <class Answer>
void expect_forked(const Answer& answer) {
  EXPECT_TRUE(!answer && answer.error() == errc::forked_process);
}

/// Event 1 is durable, event 2 is buffered, readers stand in the middle.
class ForkedStore : public testing::Test {
 protected:
  void SetUp() override {
    log_.emplace(store::open(folder_ / "store", quiet_options()).value());
    ASSERT_EQ(append(*log_, "a", no_stream, {1}), "committed 1..1 a@1");
    const append_options buffered{durability::buffered};
    ASSERT_TRUE(log_->append(named("a"), any, {numbered(2)}, buffered).value().committed());
    batch_ = log_->read_all().next().value();
  }
  temporary_folder folder_;
  std::optional<store> log_;
  event_batch batch_;
};

TEST_F(ForkedStore, AnswersEveryCallInTheChild) {
  auto stream = log_->read_stream(named("a"));
  auto all = log_->read_all();
  EXPECT_EQ(in_forked_process([&] {
              expect_forked(log_->append(named("a"), any, {numbered(3)}));
              expect_forked(log_->append(append_request().require(named("a"), any)));
              expect_forked(log_->flush());
              expect_forked(log_->read_last(named("a")));
              expect_forked(log_->read_event(position(1)));
              expect_forked(log_->read_event(named("a"), version(1)));
              expect_forked(log_->read_event(named("a"), id_of(1)));
              expect_forked(log_->stream_info(named("a")));
              expect_forked(log_->read_stream(named("a")).next());
              expect_forked(log_->read_all().next());
              expect_forked(stream.next());
              expect_forked(all.next());
              EXPECT_TRUE(log_->info().failure && *log_->info().failure == errc::forked_process);
              EXPECT_EQ(log_->info().written, position());
              EXPECT_TRUE(log_->recovery().clean) << "what opening found";
              EXPECT_EQ(batch_.events().front().version(), version(1)) << "it owns its memory";
              expect_forked(log_->close());
              return 0;
            }),
            0);
  EXPECT_EQ(append(*log_, "a", exactly(version(2)), {3}), "committed 3..3 a@3");
  EXPECT_EQ(drain(stream).size(), 3U);
}

TEST_F(ForkedStore, IsNotHarmedWhenTheChildDestroysIt) {
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(in_forked_process([&] {
                { auto reader = log_->read_all(); }
                log_.reset();
                batch_ = {};
                return 0;
              }),
              0);
    const auto next = static_cast<std::uint64_t>(round) + 3;
    EXPECT_EQ(said(log_->append(named("b"), any, {numbered(next)}).value()).substr(0, 9),
              "committed");
  }
  other_process second({"open", folder_ / "store"});
  expect_names_holder(second.read_line(), ::getpid());
  EXPECT_EQ(second.finish(), 1) << "the lock is still held";
  EXPECT_EQ(contents(*log_), "1:a@1#1 2:a@2#2 3:b@1#3 4:b@2#4 5:b@3#5");
  fill(*log_, 100, 1'000);
  log_->close().value();
  auto again = store::open(folder_ / "store", quiet_options()).value();
  EXPECT_TRUE(again.recovery().clean);
  EXPECT_EQ(again.info().written, position(1'005));
}

TEST_F(ForkedStore, ChildCannotOpenItWhileTheParentHasIt) {
  EXPECT_EQ(in_forked_process([&] {
              const auto opened = store::open(folder_ / "store", quiet_options());
              EXPECT_TRUE(!opened && opened.error() == errc::store_locked);
              return 0;
            }),
            0);
  EXPECT_EQ(append(*log_, "a", exactly(version(2)), {3}), "committed 3..3 a@3");
}

TEST_F(ForkedStore, ChildCanOpenAnotherStore) {
  EXPECT_EQ(in_forked_process([&] {
              auto other = store::open(folder_ / "other", quiet_options()).value();
              EXPECT_EQ(append(other, "a", no_stream, {1}), "committed 1..1 a@1");
              return 0;
            }),
            0);
}

// The child holds copies of the parent's descriptors: they must hold neither parent nor child back.
TEST_F(ForkedStore, ParentAndChildCanOpenItAfterTheParentClosedIt) {
  std::array<int, 2> to_child{};
  ASSERT_EQ(::pipe(to_child.data()), 0);
  char byte = 'x';
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    int status = ::read(to_child[0], &byte, 1) == 1 ? 0 : 1;
    auto opened = store::open(folder_ / "store", quiet_options());
    if (!opened) std::cerr << opened.error() << '\n';
    if (!opened || opened->info().written != position(3)) status = 2;
    ::_exit(status);
  }
  log_->close().value();
  {
    auto again = store::open(folder_ / "store", quiet_options());
    EXPECT_TRUE(again) << again.error();
    if (again) {
      EXPECT_EQ(append(*again, "a", any, {3}), "committed 3..3 a@3");
    }
  }
  ASSERT_EQ(::write(to_child[1], &byte, 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace mainstem::api::test
