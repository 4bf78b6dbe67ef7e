// SPDX-License-Identifier: Apache-2.0
// Power cuts on what a real process really did: its system calls are recorded, LMDB's among them,
// and every disk is made that a cut at any of them may leave behind.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <unordered_set>
#include <vector>

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
    if (in >> word >> at && word == "saving") saving_.push_back(at);
    if (word == "saved") {
      saved_ = at;
      saving_.clear();
    }
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
    if (at == saved_ || std::ranges::find(saving_, at) != saving_.end()) return {};
    return "checkpoint " + std::to_string(at) + ", but " + std::to_string(saved_) + " was saved";
  }

 private:
  std::vector<acknowledgement> all_;
  std::uint64_t last_ = 0;
  std::uint64_t saved_ = 0;
  /// Behind that. More than one if a process was killed before it could say that it had saved.
  std::vector<std::uint64_t> saving_;
};

/// Of a checking process, where its parent sees it, however it ends.
struct progress {
  std::size_t moment = 0;
  std::uint64_t images = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t indexes = 0;  ///< That stood on the images, and went on being used.
  std::uint64_t folded = 0;   ///< The same image with the same promises had been checked before.
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

/// Knows an index again. While this lives nothing else gets its number.
class known_index {
 public:
  explicit known_index(const fs::path& store)
      : path_(store / "index" / "data.mdb"), file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {}
  known_index(const known_index&) = delete;
  known_index& operator=(const known_index&) = delete;
  ~known_index() {
    if (file_ >= 0) ::close(file_);
  }
  [[nodiscard]] bool is_there() const noexcept { return file_ >= 0; }
  /// Nobody has put another one into its place.
  [[nodiscard]] bool still_stands() const {
    struct stat then {};
    struct stat now {};
    return ::fstat(file_, &then) == 0 && ::stat(path_.c_str(), &now) == 0 &&
           then.st_dev == now.st_dev && then.st_ino == now.st_ino;
  }

 private:
  fs::path path_;
  int file_;
};

/// What is wrong with a store that a loss of power left; empty if nothing is.
std::string check_image(const fs::path& path, const promises& given, std::uint64_t variant,
                        std::uint64_t& indexes) {
  log_check check;
  if (variant % 16 == 1) {
    // A follower that comes before anybody recovers it: what it sees is right, if not everything.
    log_check followed;
    auto follower = store::open_read_only(path, busy_options());
    if (follower) {
      if (auto wrong = followed.read_on(*follower); !wrong.empty()) return "follower: " + wrong;
    } else if (given.last() > 0) {
      return "follower: " + follower.error().message();
    }
  }
  const known_index index(path);
  auto log = store::open(path, busy_options());
  if (!log) return "opening: " + log.error().message();
  // It may be older than the log. Broken, and made anew, it may not be.
  if (index.is_there() && !index.still_stands())
    return "the index was thrown away: " + log->recovery().to_string();
  if (index.is_there()) ++indexes;
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

/// Goes through a part of a history, again and again, until enough different images were looked at.
class image_run {
 public:
  image_run(const disk_history& history, shared_progress& progress, fs::path work)
      : history_(history), progress_(progress), work_(std::move(work)) {}

  /// The disk says of these syncs that it has done them, and has not.
  void plant_lies(std::function<bool(const disk_operation&)> lies) { lies_ = std::move(lies); }
  /// As if every append was answered before its sync, and not behind it.
  void plant_hurry() { hurries_ = true; }

  void run(std::size_t from, std::size_t to, std::uint64_t enough) {
    constexpr std::uint64_t most_variants = 1'000;
    for (std::uint64_t variant = 0; variant < most_variants; ++variant) {
      // Evenly over the part, if it is not to be looked at completely.
      const std::size_t step = variant == 0 ? (to - from) / enough + 1 : step_;
      step_ = step;
      if (!pass(from, to, step, variant) || progress_->images >= enough) return;
    }
  }

 private:
  bool pass(std::size_t from, std::size_t to, std::size_t step, std::uint64_t variant) {
    disk_at disk(history_, lies_);
    promises given;
    const auto& moments = history_.moments();
    while (disk.moment() < to) {
      const std::size_t now = disk.moment();
      disk.advance();
      tell(given, moments[now], !hurries_);
      if (hurries_ && now + hurry < moments.size()) tell(given, moments[now + hurry], true);
      if (disk.moment() <= from || disk.moment() % step != 0) continue;
      progress_->moment = disk.moment();
      if (!check(disk, given, variant)) return false;
    }
    return true;
  }

  /// @param of_appends or of everything else.
  void tell(promises& given, const disk_history::moment& at, bool of_appends) const {
    const auto& operation = history_.at(at.operation);
    if (operation.what != disk_operation::kind::say || at.is_end) return;
    if (acknowledgement::parse(operation.bytes).has_value() == of_appends || !hurries_)
      given.take(operation.bytes);
  }

  bool check(const disk_at& disk, const promises& given, std::uint64_t variant) {
    const auto wanted = variant == 0   ? survival::nothing
                        : variant == 1 ? survival::everything
                                       : survival::random;
    const auto image = draw_image(disk, wanted, disk.moment() * 1'000 + variant);
    const std::uint64_t key = image.fingerprint() ^ (given.last() * 0x9e3779b97f4a7c15U);
    if (!seen_.insert(key).second) {
      ++progress_->folded;
      return true;
    }
    fs::remove_all(work_);
    image.write(work_);
    ++progress_->images;
    progress_->acknowledged += given.last();
    const std::string wrong =
        check_image(work_ / "store", given, progress_->images, progress_->indexes);
    if (wrong.empty()) return true;
    // As it was before it was opened.
    fs::remove_all(work_);
    image.write(work_);
    const std::string finding = "at moment " + std::to_string(disk.moment()) + ", variant " +
                                std::to_string(variant) + ", with 1 to " +
                                std::to_string(given.last()) + " acknowledged: " + wrong;
    std::strncpy(progress_->finding, finding.c_str(), sizeof(progress::finding) - 1);
    return false;
  }

  const disk_history& history_;
  shared_progress& progress_;
  fs::path work_;
  static constexpr std::size_t hurry = 6;  ///< Moments: before the sync of a group began.
  std::function<bool(const disk_operation&)> lies_;
  bool hurries_ = false;
  std::size_t step_ = 1;
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
  void SetUp() override {
    const fs::path top = fs::canonical(folder_.path()) / "recorded";
    fs::create_directory(top);
    recorder_.emplace(top.string());
    try {
      std::string output;
      const std::vector<std::string> lives{MAINSTEM_REAL_WRITER, "lives", (top / "store").string()};
      ASSERT_EQ(recorder_->run(lives, output), 0);
    } catch (const cannot_trace& reason) {
      GTEST_SKIP() << reason.what();
    }
    ASSERT_NO_FATAL_FAILURE(expect_complete(*recorder_, top));
    expect_much_happens();
  }
  [[nodiscard]] const disk_history& history() const { return recorder_->history(); }

  /// Segments change, the index is flushed and merged, checkpoints are saved.
  void expect_much_happens() {
    std::map<std::size_t, std::size_t> syncs;
    std::set<std::size_t> environments;
    std::set<std::size_t> index_folders;
    std::size_t segments = 0;
    for (const auto& moment : history().moments()) {
      const auto& operation = history().at(moment.operation);
      if (moment.is_end || operation.failed) continue;
      if (operation.what == disk_operation::kind::sync) ++syncs[operation.node];
      if (operation.new_name.ends_with(".log")) ++segments;
      if (operation.name == "index.new" && operation.what == disk_operation::kind::make_folder)
        index_folders.insert(operation.target);
      if (operation.name != "data.mdb" || operation.what != disk_operation::kind::create) continue;
      environments.insert(operation.target);
      if (index_folders.contains(operation.node)) indexes_.push_back(operation.target);
    }
    EXPECT_GE(segments, 4U);
    EXPECT_GE(environments.size(), 3U) << "state, the index, and the index that is made anew";
    ASSERT_GE(indexes_.size(), 2U);
    std::size_t most_flushes = 0;
    for (const std::size_t node : indexes_) most_flushes = std::max(most_flushes, syncs[node]);
    // One of LMDB itself for each of ten flushes. Eight of these are merged.
    EXPECT_GE(most_flushes, 10U);
    std::cout << segments << " segments, up to " << most_flushes << " syncs of an index\n";
  }

  /// Runs the body in a process that may be killed by what it reads.
  template <class Body>
  pid_t start(const Body& body) {
    std::cout.flush();
    const pid_t child = ::fork();
    if (child != 0) return child;
    int status = 1;
    try {
      body();
      status = 0;
    } catch (const std::exception& failure) {
      std::cerr << failure.what() << '\n';
    }
    ::_exit(status);
  }
  void expect_good_end(pid_t child, shared_progress& progress, const fs::path& image) {
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    const bool is_good = status == 0 && progress->finding[0] == '\0';
    if (!is_good) keep_image(image, progress->finding);
    EXPECT_EQ(status, 0) << "the checking process was killed at moment " << progress->moment;
    EXPECT_STREQ(progress->finding, "");
  }
  /// For somebody who wants to look at it: the calls are recorded in another order the next time.
  void keep_image(const fs::path& image, const std::string& finding) {
    const fs::path kept = fs::path(MAINSTEM_BUILD_DIR) / "real_finding";
    std::error_code ignored;
    fs::remove_all(kept, ignored);
    fs::copy(image, kept, fs::copy_options::recursive, ignored);
    std::ofstream(kept / "finding.txt") << finding << '\n';
    std::cout << "The disk that it was found on is kept in " << kept << '\n';
  }
  work_folder folder_;
  std::optional<disk_recorder> recorder_;
  std::vector<std::size_t> indexes_;  ///< LMDB's files of them, the one that was made last behind.
  shared_progress progress_;
  shared_progress others_;
};

constexpr std::uint64_t least_images = test_support::is_sanitized ? 500 : 10'000;

// Two writers make a store and write to it through four processes: one closes it, one is killed,
// one recovers it, one finds no index any more.
TEST_F(RecordedDisk, HoldsEverythingAcknowledgedAfterAnyLossOfPower) {
  // In two processes, each with its own part: later images are larger, and take longer.
  const std::size_t moments = history().moments().size();
  const std::size_t middle = moments * 3 / 5;
  const std::uint64_t enough = least_images * test_support::long_factor() / 2 + 50;
  const pid_t first =
      start([&] { image_run(history(), others_, folder_ / "image-1").run(0, middle, enough); });
  const pid_t second = start(
      [&] { image_run(history(), progress_, folder_ / "image-2").run(middle, moments, enough); });
  expect_good_end(first, others_, folder_ / "image-1");
  expect_good_end(second, progress_, folder_ / "image-2");
  const std::uint64_t images = progress_->images + others_->images;
  const std::uint64_t indexes = progress_->indexes + others_->indexes;
  std::cout << recorder_->calls() << " system calls recorded, " << images
            << " different images of the disk opened, " << indexes << " with an index, "
            << progress_->acknowledged + others_->acknowledged << " acknowledged events checked, "
            << (HasFailure() ? "with a finding" : "0 lost") << '\n';
  EXPECT_GE(images, least_images);
  EXPECT_GE(indexes, least_images / 2) << "few images have an index that could be broken";
}

// The control: the same recording on disks that lie, and with answers that come too early.
TEST_F(RecordedDisk, OfAFaultyMachineIsNoticed) {
  const std::size_t moments = history().moments().size();
  const auto is_noticed = [&](const char* what, const auto& plant) {
    shared_progress seen;
    const pid_t child = start([&] {
      image_run run(history(), seen, folder_ / "image");
      plant(run);
      run.run(moments / 5, moments, 1'000);
    });
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_NE(seen->finding[0], '\0') << what << ": not noticed on " << seen->images << " disks";
    std::cout << what << ": image " << seen->images << ", " << seen->finding << '\n';
  };
  const auto lies_about = [&](const std::string& name) {
    const std::size_t node = history().node_named(name);
    EXPECT_NE(node, no_node) << name;
    return [node](image_run& run) {
      run.plant_lies([node](const disk_operation& sync) { return sync.node == node; });
    };
  };
  is_noticed("no sync of the folder of segments", lies_about("log"));
  is_noticed("no sync of the first segment", lies_about("0000000001.log.new"));
  is_noticed("no sync of the second segment", lies_about("0000000002.log.new"));
  is_noticed("no sync of the index", [this](image_run& run) {
    run.plant_lies([this](const disk_operation& sync) {
      return std::ranges::find(indexes_, sync.node) != indexes_.end();
    });
  });
  is_noticed("answers before the sync", [](image_run& run) { run.plant_hurry(); });
}

}  // namespace
}  // namespace mainstem::real_test
