// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "api_support.h"
#include "other_process.h"

namespace mainstem::api::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A file system of two mebibytes, and in it a ballast whose removal makes room.
class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(mount_);
    if (::mount("none", mount_.c_str(), "tmpfs", 0, "size=2m") != 0) {
      GTEST_SKIP() << "a small file system cannot be mounted here: " << std::strerror(errno);
    }
    mounted_ = true;
    write_file(mount_ / "ballast", std::string(1U << 20U, 'b'));
  }
  void TearDown() override {
    if (mounted_) ::umount2(mount_.c_str(), MNT_DETACH);
  }
  static store_options options() {
    auto chosen = quiet_options();
    chosen.index_flush_interval = 10ms;
    chosen.index_flush_events = 1'024;
    chosen.mark_interval = 5ms;
    return chosen;
  }
  /// Appends until it does not go on, and answers how many went in. Only disk_full may stop it.
  std::uint64_t append_until_full(store& log, std::uint64_t number) {
    for (std::uint64_t count = 0; count < 5'000; ++count, ++number) {
      const auto done =
          log.append(stream_name("s-" + std::to_string(number % 3)), any, {sized(number, 2'000)});
      if (!done) {
        EXPECT_TRUE(done.error() == errc::disk_full) << done.error();
        EXPECT_TRUE(done.error() == error_condition::capacity) << done.error();
        return count;
      }
      EXPECT_TRUE(done->committed());
    }
    ADD_FAILURE() << "the disk did not fill";
    return 0;
  }
  void make_room() { fs::remove(mount_ / "ballast"); }
  temporary_folder folder_;
  fs::path mount_ = folder_ / "disk";
  fs::path path_ = mount_ / "store";
  bool mounted_ = false;
};

TEST_F(FullDisk, IsAClearErrorThatTouchedNothing) {
  auto log = store::open(path_, options()).value();
  const auto fit = append_until_full(log, 1);
  EXPECT_GT(fit, 50U);
  for (int again = 0; again < 5; ++again) EXPECT_EQ(append_until_full(log, fit + 1), 0U);
  EXPECT_EQ(log.info().written, position(fit));
  EXPECT_EQ(log.info().durable, position(fit));
  EXPECT_FALSE(log.info().failure) << "it is not over: " << *log.info().failure;
  EXPECT_EQ(positions_of(all_of(log)), numbers(1, fit));
  EXPECT_TRUE(log.flush());
}

TEST_F(FullDisk, WorksAgainWhenThereIsRoomWithoutReopening) {
  auto log = store::open(path_, options()).value();
  const auto fit = append_until_full(log, 1);
  make_room();
  std::uint64_t more = 0;
  EXPECT_TRUE(comes_true([&] {
    const auto done = log.append(stream_name("s-0"), any, {sized(10'000, 2'000)});
    if (done) more = done->place()->last_position.value();
    return static_cast<bool>(done);
  }));
  EXPECT_EQ(more, fit + 1) << "the refused ones took no position";
  EXPECT_GT(append_until_full(log, 20'000), 50U);
}

TEST_F(FullDisk, KeepsEverythingOverReopeningWithRoom) {
  std::uint64_t fit = 0;
  {
    auto log = store::open(path_, options()).value();
    fit = append_until_full(log, 1);
  }
  make_room();
  auto log = store::open(path_, options()).value();
  EXPECT_FALSE(log.recovery().damage);
  EXPECT_EQ(positions_of(all_of(log)), numbers(1, fit));
  EXPECT_TRUE(log.append(stream_name("s-0"), any, {sized(10'000, 2'000)}).value().committed());
}

TEST_F(FullDisk, StillOpensWithEverythingAfterItWasClosed) {
  std::uint64_t fit = 0;
  {
    auto log = store::open(path_, options()).value();
    fit = append_until_full(log, 1);
    EXPECT_TRUE(log.close());
  }
  {
    auto log = store::open(path_, options()).value();
    EXPECT_FALSE(log.recovery().damage);
    EXPECT_EQ(positions_of(all_of(log)), numbers(1, fit));
    EXPECT_EQ(append_until_full(log, fit + 1), 0U);
  }
  make_room();
  auto log = store::open(path_, options()).value();
  EXPECT_EQ(positions_of(all_of(log)), numbers(1, fit));
  EXPECT_TRUE(log.append(stream_name("s-0"), any, {sized(10'000, 2'000)}).value().committed());
}

// What a killed process leaves has to be written again before anybody may see it, and there is no
// room for that: what is proven can be read, and the rest is back as soon as there is room.
TEST_F(FullDisk, StillOpensWithWhatIsProvenAfterAKill) {
  EXPECT_EQ(in_forked_process([&] {
              auto log = store::open(path_, options()).value();
              write_file(folder_ / "fit", std::to_string(append_until_full(log, 1)));
              return ::kill(::getpid(), SIGKILL);
            }),
            128 + SIGKILL);
  const std::uint64_t fit = std::stoull(read_file(folder_ / "fit"));
  ASSERT_GT(fit, 50U);
  {
    auto log = store::open(path_, options()).value();
    EXPECT_FALSE(log.recovery().damage);
    const auto seen = positions_of(all_of(log));
    EXPECT_EQ(seen, numbers(1, seen.size()));
    EXPECT_LE(seen.size(), fit);
    const auto refused = log.append(stream_name("s-0"), any, {sized(10'000, 2'000)});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::disk_full) << refused.error();
  }
  make_room();
  auto log = store::open(path_, options()).value();
  EXPECT_FALSE(log.recovery().damage);
  EXPECT_EQ(positions_of(all_of(log)), numbers(1, fit));
  EXPECT_TRUE(log.append(stream_name("s-0"), any, {sized(10'000, 2'000)}).value().committed());
}

/// Appends until it does not go on, and answers the number of the first event that did not go in.
std::uint64_t append_until_refused(store& log, std::uint64_t number) {
  for (; number < 5'000; ++number) {
    const auto done = log.append(stream_name("b"), any, {sized(number, 4'000)});
    if (done) continue;
    EXPECT_TRUE(done.error() == errc::disk_full) << done.error();
    return number;
  }
  ADD_FAILURE() << "nothing was refused";
  return number;
}

// A limit on the size of files answers EFBIG, where a full disk answers ENOSPC. Here it lets no
// segment of the new size be made.
TEST(FileSizeLimit, IsAFullDiskUntilItIsLifted) {
  temporary_folder folder;
  EXPECT_EQ(in_forked_process([&] {
              ::signal(SIGXFSZ, SIG_IGN);
              {
                auto log = store::open(folder / "store", quiet_options()).value();
                fill(log, 1, 10);
              }
              rlimit limit{};
              EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
              const auto before = limit.rlim_cur;
              limit.rlim_cur = 600U << 10U;
              EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
              auto options = quiet_options();
              options.segment_size_bytes = 1U << 20U;
              auto log = store::open(folder / "store", options).value();
              const auto refused = append_until_refused(log, 11);
              EXPECT_EQ(append_until_refused(log, refused), refused);
              EXPECT_EQ(positions_of(all_of(log)), numbers(1, refused - 1));
              EXPECT_FALSE(log.info().failure);
              limit.rlim_cur = before;
              EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
              EXPECT_TRUE(log.append(stream_name("b"), any, {sized(refused, 4'000)}));
              EXPECT_EQ(positions_of(all_of(log)), numbers(1, refused));
              EXPECT_TRUE(log.close());
              return 0;
            }),
            0);
  const auto log = store::open(folder / "store", quiet_options()).value();
  EXPECT_TRUE(log.recovery().clean);
  EXPECT_FALSE(log.recovery().damage);
}

}  // namespace
}  // namespace mainstem::api::test
