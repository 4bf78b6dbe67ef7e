// SPDX-License-Identifier: Apache-2.0
// Power cuts on what a real process really did: its system calls are recorded, LMDB's among them,
// and every disk is made that a cut at any of them may leave behind.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <sstream>
#include <unordered_set>

#include <gtest/gtest.h>

#include "disk_image.h"
#include "disk_recorder.h"
#include "log_check.h"
#include "support/effort.h"
#include "work_folder.h"

namespace mainstem::real_test {
namespace {

namespace fs = std::filesystem;

/// What a store must still know after a loss of power.
class promises {
 public:
  void take(const std::string& said) {
    std::istringstream in(said);
    std::string word;
    std::uint64_t at = 0;
    if (in >> word >> at && word == "saving") saving_ = at;
    if (word == "saved") saved_ = at;
    const auto told = acknowledgement::parse(said);
    if (!told) return;
    all_.push_back(*told);
    // What is synced makes everything below it durable as well.
    if (told->synced) last_ = std::max(last_, told->last);
  }
  [[nodiscard]] std::uint64_t last() const noexcept { return last_; }
  [[nodiscard]] std::string check(const log_check& log) const {
    if (log.last() < last_) {
      return "lost: the log ends at " + std::to_string(log.last()) + ", acknowledged was " +
             std::to_string(last_);
    }
    for (const auto& told : all_) {
      if (told.last > last_) continue;
      if (auto wrong = log.check(told); !wrong.empty()) return wrong;
    }
    return {};
  }
  [[nodiscard]] std::string check_checkpoint(const store& log) const {
    const auto found = log.checkpoint("reader");
    if (!found) return "checkpoint: " + found.error().message();
    const std::uint64_t at = *found ? (*found)->value() : 0;
    if (at == saved_ || at == saving_) return {};
    return "checkpoint " + std::to_string(at) + ", but " + std::to_string(saved_) + " was saved";
  }

 private:
  std::vector<acknowledgement> all_;
  std::uint64_t last_ = 0;
  std::uint64_t saved_ = 0;
  std::uint64_t saving_ = 0;
};

/// Of a checking process, where its parent sees it, however it ends.
struct progress {
  std::size_t moment = 0;
  std::uint64_t images = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t folded = 0;  ///< The same image with the same promises had been checked before.
  char finding[4'096] = {};
};

class shared_progress {
 public:
  shared_progress()
      : memory_(::mmap(nullptr, sizeof(progress), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (memory_ == MAP_FAILED) throw std::runtime_error("mmap");
    new (memory_) progress;
  }
  shared_progress(const shared_progress&) = delete;
  shared_progress& operator=(const shared_progress&) = delete;
  ~shared_progress() { ::munmap(memory_, sizeof(progress)); }
  progress* operator->() { return static_cast<progress*>(memory_); }

 private:
  void* memory_;
};

/// What is wrong with a store that a loss of power left; empty if nothing is.
std::string check_image(const fs::path& path, const promises& given, std::uint64_t variant) {
  log_check check;
  if (variant % 4 == 1) {
    // A follower that comes before anybody recovers it: what it sees is right, if not everything.
    log_check followed;
    auto follower = store::open_read_only(path, busy_options());
    if (follower) {
      if (auto wrong = followed.read_on(*follower); !wrong.empty()) return "follower: " + wrong;
    } else if (given.last() > 0) {
      return "follower: " + follower.error().message();
    }
  }
  auto log = store::open(path, busy_options());
  if (!log) return "opening: " + log.error().message();
  if (log->recovery().damage) return "damaged: " + log->recovery().damage->message();
  if (auto wrong = check.check_all(*log); !wrong.empty()) return wrong;
  if (auto wrong = given.check(check); !wrong.empty()) return wrong;
  if (auto wrong = given.check_checkpoint(*log); !wrong.empty()) return wrong;
  if (auto wrong = append_next(*log, check, variant % 2); !wrong.empty()) return wrong;
  if (auto closed = log->close(); !closed) return "closing: " + closed.error().message();
  if (variant % 4 != 2) return {};
  log_check again;
  auto reopened = store::open(path, busy_options());
  if (!reopened) return "opening again: " + reopened.error().message();
  if (!reopened->recovery().clean) return "opening again: " + reopened->recovery().to_string();
  if (auto wrong = again.check_all(*reopened); !wrong.empty()) return "opened again: " + wrong;
  return again.last() == check.last() ? "" : "opening again changed something";
}

class image_run {
 public:
  image_run(const disk_history& history, shared_progress& progress, fs::path work)
      : history_(history), progress_(progress), work_(std::move(work)) {}

  /// @param step every step-th moment is looked at, with so many random images.
  void run(std::size_t step, std::uint64_t random_images) {
    disk_at disk(history_);
    while (!disk.is_over()) {
      const bool was_end = history_.moments()[disk.moment()].is_end;
      const auto& operation = disk.advance();
      if (operation.what == disk_operation::kind::say && !was_end) given_.take(operation.bytes);
      if (disk.moment() % step != 0) continue;
      progress_->moment = disk.moment();
      for (std::uint64_t variant = 0; variant < random_images + 2; ++variant) {
        if (!check(disk, variant)) return;
      }
    }
  }

 private:
  bool check(const disk_at& disk, std::uint64_t variant) {
    const auto wanted = variant == 0   ? survival::nothing
                        : variant == 1 ? survival::everything
                                       : survival::random;
    const auto image = draw_image(disk, wanted, disk.moment() * 1'000 + variant);
    const std::uint64_t key = image.fingerprint() ^ (given_.last() * 0x9e3779b97f4a7c15U);
    if (!seen_.insert(key).second) {
      ++progress_->folded;
      return true;
    }
    fs::remove_all(work_);
    image.write(work_);
    ++progress_->images;
    progress_->acknowledged += given_.last();
    const std::string wrong = check_image(work_ / "store", given_, progress_->images);
    if (wrong.empty()) return true;
    // As it was before it was opened.
    fs::remove_all(work_);
    image.write(work_);
    const std::string finding = "at moment " + std::to_string(disk.moment()) + ", variant " +
                                std::to_string(variant) + ", with 1 to " +
                                std::to_string(given_.last()) + " acknowledged: " + wrong;
    std::strncpy(progress_->finding, finding.c_str(), sizeof(progress::finding) - 1);
    return false;
  }

  const disk_history& history_;
  shared_progress& progress_;
  fs::path work_;
  promises given_;
  std::unordered_set<std::uint64_t> seen_;
};

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The recording is complete: played to its end it makes what the processes left.
void expect_complete(const disk_recorder& recorder, const fs::path& top) {
  EXPECT_TRUE(recorder.unseen().empty()) << recorder.unseen().front();
  disk_at disk(recorder.history());
  while (!disk.is_over()) disk.advance();
  const auto image = draw_image(disk, survival::everything, 0);
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(top)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const std::string path = fs::relative(entry.path(), top).string();
    ASSERT_TRUE(image.files.contains(path)) << path;
    if (path.ends_with("lock.mdb")) continue;  // Changed through a mapping; never synced.
    EXPECT_TRUE(image.files.at(path) == read_file(entry.path())) << path;
  }
  EXPECT_EQ(image.files.size(), files);
}

class RecordedDisk : public testing::Test {
 protected:
  /// Runs the body in a process that may be killed by what it reads.
  template <class Body>
  int in_a_child(const Body& body) {
    std::cout.flush();
    const pid_t child = ::fork();
    if (child == 0) {
      int status = 1;
      try {
        body();
        status = 0;
      } catch (const std::exception& failure) {
        std::cerr << failure.what() << '\n';
      }
      ::_exit(status);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  /// For somebody who wants to look at it.
  void keep_image(const fs::path& image) {
    const fs::path kept = fs::path(MAINSTEM_BUILD_DIR) / "real_finding";
    std::error_code ignored;
    fs::remove_all(kept, ignored);
    fs::copy(image, kept, fs::copy_options::recursive, ignored);
    std::cout << "The disk that it was found on is kept in " << kept << '\n';
  }
  shared_progress progress_;
};

constexpr std::uint64_t least_images = test_support::is_sanitized ? 500 : 10'000;

// Two writers make a store and write to it through four processes: one closes it, one is killed,
// one recovers it, one finds no index any more.
TEST_F(RecordedDisk, HoldsEverythingAcknowledgedAfterAnyLossOfPower) {
  work_folder folder;
  const fs::path top = fs::canonical(folder.path()) / "recorded";
  fs::create_directory(top);
  disk_recorder recorder(top.string());
  try {
    std::string output;
    ASSERT_EQ(recorder.run({MAINSTEM_REAL_WRITER, "lives", (top / "store").string()}, output), 0);
  } catch (const cannot_trace& reason) {
    GTEST_SKIP() << reason.what();
  }
  expect_complete(recorder, top);
  if (HasFailure()) return;

  const std::size_t moments = recorder.history().moments().size();
  const std::size_t step = test_support::is_sanitized ? 8 : 1;
  const std::uint64_t random_images = 5 * test_support::long_factor();
  const int status = in_a_child(
      [&] { image_run(recorder.history(), progress_, folder / "image").run(step, random_images); });
  std::cout << recorder.calls() << " system calls recorded, " << progress_->images
            << " different images of the disk opened, " << progress_->acknowledged
            << " acknowledged events checked, "
            << (progress_->finding[0] == '\0' && status == 0 ? "0 lost" : "with a finding") << '\n';
  if (status != 0 || progress_->finding[0] != '\0') keep_image(folder / "image");
  EXPECT_EQ(status, 0) << "the checking process was killed at moment " << progress_->moment;
  EXPECT_STREQ(progress_->finding, "") << "of " << moments;
  EXPECT_GE(progress_->images, least_images);
}

}  // namespace
}  // namespace mainstem::real_test
