// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>

#include "scenario.h"

// Who tests the tests: stores and disks that are broken on purpose, each of which the suite has to
// catch.
namespace mainstem::test_support {
namespace {

/// A file whose failed syncs are tried again, and believed the second time.
class retrying_file final : public os::file {
 public:
  explicit retrying_file(std::shared_ptr<os::file> real) : real_(std::move(real)) {}
  result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    return real_->read_at(offset, into);
  }
  result<void> write_at(std::uint64_t offset,
                        std::span<const std::span<const std::byte>> parts) override {
    return real_->write_at(offset, parts);
  }
  result<void> sync() override {
    auto synced = real_->sync();
    return synced ? synced : real_->sync();
  }
  result<std::uint64_t> size() override { return real_->size(); }
  result<void> resize(std::uint64_t size_bytes) override { return real_->resize(size_bytes); }
  result<void> allocate(std::uint64_t size_bytes) override { return real_->allocate(size_bytes); }
  result<std::shared_ptr<const os::mapping>> map() override { return real_->map(); }
  [[nodiscard]] const std::string& path() const noexcept override { return real_->path(); }

 private:
  std::shared_ptr<os::file> real_;
};

class retrying_directory final : public os::directory {
 public:
  explicit retrying_directory(std::shared_ptr<os::directory> real) : real_(std::move(real)) {}
  result<std::shared_ptr<os::file>> open_file(std::string_view name, os::open_mode mode) override {
    auto opened = real_->open_file(name, mode);
    if (!opened) return opened;
    return std::shared_ptr<os::file>(std::make_shared<retrying_file>(std::move(*opened)));
  }
  result<std::shared_ptr<os::directory>> open_directory(std::string_view name,
                                                        bool create) override {
    auto opened = real_->open_directory(name, create);
    if (!opened) return opened;
    return std::shared_ptr<os::directory>(std::make_shared<retrying_directory>(std::move(*opened)));
  }
  result<std::vector<std::string>> list() override { return real_->list(); }
  result<void> rename(std::string_view from, std::string_view to) override {
    return real_->rename(from, to);
  }
  result<void> remove(std::string_view name) override { return real_->remove(name); }
  result<void> remove_tree(std::string_view name) override { return real_->remove_tree(name); }
  result<void> sync() override { return real_->sync(); }
  result<std::unique_ptr<os::file_lock>> lock(std::string_view name) override {
    return real_->lock(name);
  }
  [[nodiscard]] const std::string& path() const noexcept override { return real_->path(); }

 private:
  std::shared_ptr<os::directory> real_;
};

class retrying_disk final : public os::disk {
 public:
  explicit retrying_disk(os::disk& real) : real_(real) {}
  result<std::shared_ptr<os::directory>> open_directory(const std::string& path,
                                                        bool create) override {
    auto opened = real_.open_directory(path, create);
    if (!opened) return opened;
    return std::shared_ptr<os::directory>(std::make_shared<retrying_directory>(std::move(*opened)));
  }

 private:
  os::disk& real_;
};

struct catches {
  unsigned caught = 0;         ///< Scenarios, of `scenarios`, that end with a finding.
  unsigned reported_lost = 0;  ///< Those in which acknowledged events are counted as lost.
};
constexpr unsigned scenarios = 10;

catches live_scenarios(scenario::plan how, const std::function<void(scenario&)>& live) {
  catches result;
  for (std::uint64_t seed = 1; seed <= scenarios; ++seed) {
    fake_random random(seed);
    how.options = draw_options(random);
    how.options.segment_size_bytes = 4096;
    how.sizes.payload_bytes = 400;
    how.ending_percent = 0;
    crash_count count;
    scenario life(seed, how, count);
    live(life);
    if (life.found().any()) ++result.caught;
    if (count.lost() != 0) ++result.reported_lost;
  }
  return result;
}

void live_with(scenario& life, const os::fault& bug) {
  life.take_images(false);
  life.open();
  life.take_images(true);
  life.machine().disk().fail_call(1, bug);
  for (int i = 0; i < 40 && !life.found().any(); ++i) life.step();
}

TEST(PlantedBug, NoneIsFoundWithoutABug) {
  const auto found =
      live_scenarios({.options = {}, .sizes = {}, .image_percent = 4, .index_image_percent = 4},
                     [](scenario& life) { life.run(); });
  EXPECT_EQ(found.caught, 0U);
  EXPECT_EQ(found.reported_lost, 0U);
}

TEST(PlantedBug, SyncThatDoesNothingIsCaught) {
  const os::fault bug{
      .effect = os::fault_effect::lies, .for_good = true, .only = os::call_kind::sync};
  const auto found =
      live_scenarios({.options = {}, .sizes = {}}, [&](scenario& life) { live_with(life, bug); });
  EXPECT_EQ(found.caught, scenarios);
  EXPECT_EQ(found.reported_lost, scenarios);
}

TEST(PlantedBug, SyncOfDirectoryThatDoesNothingIsCaught) {
  const os::fault bug{
      .effect = os::fault_effect::lies, .for_good = true, .only = os::call_kind::sync_directory};
  const auto found =
      live_scenarios({.options = {}, .sizes = {}}, [&](scenario& life) { live_with(life, bug); });
  EXPECT_EQ(found.caught, scenarios);
  EXPECT_EQ(found.reported_lost, scenarios);
}

TEST(PlantedBug, AcknowledgingBeforeTheSyncIsCaught) {
  scenario::plan plan{.options = {}, .sizes = {}};
  plan.acknowledges_before_writing = true;
  plan.faults_expected =
      true;  // Readers meet what is not written yet: here it is the loss that counts.
  const auto found = live_scenarios(plan, [](scenario& life) { life.run(); });
  EXPECT_EQ(found.caught, scenarios);
  EXPECT_EQ(found.reported_lost, scenarios);
}

// The kernel marks the pages of a failed sync as clean: the next sync says OK, and the bytes are
// nowhere.
TEST(PlantedBug, RetryingAFailedSyncIsCaught) {
  const auto found = live_scenarios({.options = {}, .sizes = {}}, [](scenario& life) {
    retrying_disk front(life.machine().disk());
    life.machine().set_front(&front);
    life.open();
    for (int i = 0; i < 60 && !life.found().any(); ++i) {
      life.machine().disk().clear_faults();
      life.machine().disk().fail_call(1 + life.random().below(3),
                                      {.error = EIO, .only = os::call_kind::sync});
      life.step();
    }
    life.store().kill();
  });
  EXPECT_EQ(found.caught, scenarios);
  EXPECT_EQ(found.reported_lost, scenarios);
}

}  // namespace
}  // namespace mainstem::test_support
