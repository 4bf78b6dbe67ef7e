// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <utility>

#include "engine/store_backup.h"
#include "engine/store_repair.h"
#include "folder_provider.h"
#include "verified_store.h"

// What the tools cannot read: a disk that fails is a finding, what the process lacks is an error.
namespace mainstem::test_support {
namespace {

constexpr int lacks[] = {EMFILE, ENFILE, ENOMEM, EACCES, EPERM};

error system_failure(int number) {
  return {boost::system::error_code(number, boost::system::system_category()),
          error_info{.path = "some/file"}};
}

bool is_system(const error& why, int number) { return why == system_failure(number).code(); }

/// Does not let one of the environments be opened.
class refusing_provider final : public index::environment_provider {
 public:
  refusing_provider(std::unique_ptr<index::environment_provider> real, std::string_view name,
                    error why)
      : real_(std::move(real)), name_(name), why_(std::move(why)) {}
  result<std::unique_ptr<index::environment>> open(std::string_view name) override {
    return real_->open(name);
  }
  result<std::unique_ptr<index::environment>> open_existing(std::string_view name) override {
    return real_->open_existing(name);
  }
  result<std::unique_ptr<index::environment>> open_read_only(std::string_view name) override {
    if (name == name_) return why_;
    return real_->open_read_only(name);
  }
  result<bool> inspect(std::string_view name) override { return real_->inspect(name); }
  result<void> discard(std::string_view name) override { return real_->discard(name); }

 private:
  std::unique_ptr<index::environment_provider> real_;
  std::string name_;
  error why_;
};

engine::surroundings around_refusing(simulated_machine& machine, const std::string& name,
                                     const error& why) {
  auto around = around_folders(machine);
  around.make_index_provider =
      [make = around.make_index_provider, name,
       why](std::shared_ptr<os::directory> folder) -> std::unique_ptr<index::environment_provider> {
    return std::make_unique<refusing_provider>(make(std::move(folder)), name, why);
  };
  return around;
}

/// Works on copies of the store, of which the first call of the disk fails, then the second, and so
/// on until the work needs no more calls than that.
template <class Work, class Judge>
void fail_each_call(const verified_store& store, const os::fault& how, std::uint64_t stride,
                    Work&& work, Judge&& judge) {
  for (std::uint64_t call = 1;; call += stride) {
    SCOPED_TRACE("call " + std::to_string(call));
    const auto copy = store.machine_copy();
    copy->disk().fail_call(call, how);
    const std::uint64_t before = copy->disk().calls();
    judge(work(*copy));
    if (testing::Test::HasFatalFailure() || copy->disk().calls() - before < call) return;
  }
}

TEST(VerifyStore, NamesWhatTheDiskDoesNotGive) {
  const verified_store store;
  const std::string second = verified_store::segment_path(2);
  const auto reading = [](const std::string& path) {
    return [=](simulated_machine& machine) {
      machine.disk().fail_call(
          1, {.for_good = true, .only = os::call_kind::read, .path_contains = path});
    };
  };
  const auto log = store.verify(reading(second));
  ASSERT_EQ(kinds_of(log), "unreadable") << words_of(log);
  EXPECT_TRUE(is_system(log.findings[0].what, EIO));
  EXPECT_NE(words_of(log).find(second), std::string::npos) << words_of(log);
  EXPECT_GT(log.lost_positions, 0U);

  const auto control = store.verify(reading("store/control"));
  EXPECT_EQ(kinds_of(control), "control_page") << words_of(control);
  EXPECT_TRUE(is_system(control.findings.at(0).what, EIO));
}

// Its header could be read, and then the disk failed.
TEST(VerifyStore, NamesTheRestOfASegmentThatTheDiskDoesNotGive) {
  const verified_store store;
  const auto copy = store.machine_copy();
  const std::string path = verified_store::segment_path(2);
  copy->disk().fail_call(2, {.for_good = true, .only = os::call_kind::read, .path_contains = path});
  const auto report = engine::verify_store(store_path, {}, copy->around());
  ASSERT_TRUE(report.has_value()) << report.error().message();
  ASSERT_EQ(kinds_of(*report), "unreadable") << words_of(*report);
  const error& what = report->findings[0].what;
  EXPECT_TRUE(is_system(what, EIO));
  EXPECT_EQ(what.info().path, path);
  EXPECT_TRUE(what.info().offset.has_value());
  EXPECT_TRUE(what.info().first_position.has_value());
}

TEST(VerifyStore, NamesAnIndexOrStateThatTheDiskDoesNotGive) {
  const verified_store store;
  for (const char* name : {"index", "state"}) {
    const auto copy = store.machine_copy();
    const auto report =
        engine::verify_store(store_path, {}, around_refusing(*copy, name, system_failure(EIO)));
    ASSERT_TRUE(report.has_value()) << report.error().message();
    EXPECT_EQ(kinds_of(*report), name) << words_of(*report);
    // What to do next.
    EXPECT_NE(words_of(*report).find("the folder `" + std::string(name) + "`"), std::string::npos)
        << words_of(*report);
  }
}

// A healthy store was called damaged, and its index to be removed, where descriptors had run out or
// the user had no right to write LMDB's lock file.
TEST(VerifyStore, DoesNotTakeWhatTheProcessLacksForDamageOfIndexOrState) {
  const verified_store store;
  for (const char* name : {"index", "state"}) {
    for (const int number : lacks) {
      const auto copy = store.machine_copy();
      const auto report = engine::verify_store(
          store_path, {}, around_refusing(*copy, name, system_failure(number)));
      ASSERT_FALSE(report.has_value()) << name << " " << number << ": " << words_of(*report);
      EXPECT_TRUE(is_system(report.error(), number)) << report.error().message();
    }
    for (const errc code : {errc::out_of_memory, errc::overloaded, errc::disk_full}) {
      const auto copy = store.machine_copy();
      const auto report = engine::verify_store(store_path, {}, around_refusing(*copy, name, code));
      ASSERT_FALSE(report.has_value()) << name << " " << code << ": " << words_of(*report);
      EXPECT_EQ(report.error(), code);
    }
  }
}

// At any call, once or for good.
TEST(VerifyStore, DoesNotTakeWhatTheProcessLacksForDamage) {
  const verified_store store;
  const auto good = store.verify();
  for (const int number : {EMFILE, EACCES}) {
    for (const bool for_good : {false, true}) {
      fail_each_call(
          store, {.error = number, .for_good = for_good}, 1,
          [](simulated_machine& machine) {
            return engine::verify_store(store_path, {}, machine.around());
          },
          [&](const result<verify_report>& report) {
            if (report) {
              ASSERT_TRUE(report->clean()) << words_of(*report);
              EXPECT_EQ(report->log_digest, good.log_digest);
            } else {
              EXPECT_TRUE(is_system(report.error(), number)) << report.error().message();
              EXPECT_FALSE(report.error().info().path.empty());
            }
          });
      ASSERT_FALSE(HasFatalFailure());
    }
  }
}

// A segment that could not be opened for want of descriptors became a gap in the new store, and
// checkpoints that could not be read were left out.
TEST(RepairStore, LeavesNothingOutForWantOfWhatTheProcessLacks) {
  const verified_store store;
  const auto repaired = [](simulated_machine& machine) {
    return engine::repair_store(store_path, "new", {}, around_folders(machine));
  };
  const auto wanted = repaired(*store.machine_copy()).value();
  fail_each_call(store, {.error = EMFILE}, byte_stride, repaired,
                 [&](const result<repair_report>& report) {
                   if (!report) return;
                   ASSERT_TRUE(report->lost.empty() && report->findings.empty());
                   EXPECT_EQ(report->log_digest, wanted.log_digest);
                   EXPECT_TRUE(report->has_state);
                 });
  ASSERT_FALSE(HasFatalFailure());
  for (const char* name : {"index", "state"}) {
    const auto copy = store.machine_copy();
    const auto refused = engine::repair_store(store_path, "new", {},
                                              around_refusing(*copy, name, system_failure(EACCES)));
    ASSERT_FALSE(refused.has_value()) << name;
    EXPECT_TRUE(is_system(refused.error(), EACCES)) << refused.error().message();
  }
}

TEST(RepairStore, GoesOnWhereTheDiskDoesNotGiveASegment) {
  const verified_store store;
  const auto copy = store.machine_copy();
  copy->disk().fail_call(1, {.for_good = true,
                             .only = os::call_kind::read,
                             .path_contains = verified_store::segment_path(2)});
  const auto report = engine::repair_store(store_path, "new", {}, around_folders(*copy));
  ASSERT_TRUE(report.has_value()) << report.error().message();
  EXPECT_EQ(report->lost.size(), 1U);
  EXPECT_FALSE(report->findings.empty());
  EXPECT_TRUE(report->has_state);
}

TEST(BackupStore, TakesNothingForDamageThatTheProcessLacks) {
  const verified_store store;
  const auto backed_up = [](simulated_machine& machine) {
    return engine::backup_store(store_path, "copy", {}, around_folders(machine));
  };
  const auto wanted = backed_up(*store.machine_copy()).value();
  fail_each_call(store, {.error = EMFILE}, byte_stride, backed_up,
                 [&](const result<backup_report>& report) {
                   if (report) {
                     EXPECT_EQ(report->log_digest, wanted.log_digest);
                   } else {
                     EXPECT_TRUE(is_system(report.error(), EMFILE)) << report.error().message();
                   }
                 });
}

}  // namespace
}  // namespace mainstem::test_support
