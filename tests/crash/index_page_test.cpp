// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <mainstem/store.h>

#include "index/lmdb_environment.h"
#include "os/posix_disk.h"
#include "support/effort.h"

// LMDB's files of a real store, damaged page by page and cut, and a process that opens the store,
// reads all, appends and closes. LMDB trusts its pages: it ended that process, and streams looked
// as if they had never been, before opening looked at the pages of small files.
namespace mainstem::test_support {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t page_bytes = 4096;
/// One of so many cases: each opens a real store twice.
std::size_t stride() { return is_sanitized ? 29 : long_factor() > 1 ? 1 : 4; }
constexpr std::uint64_t streams = 150;
constexpr std::uint64_t consumers = 30;

// How a child process ends, unless it is killed or a sanitizer stops it.
enum class ending : int { right = 40, refused = 41, wrong = 42 };

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}
void write_file(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

store_options small_options() {
  store_options options;
  options.segment_size_bytes = 64U << 10U;
  options.preallocation = preallocation::reserve;
  options.buffered_sync_interval = options.index_flush_interval = options.mark_interval = 1h;
  return options;
}

std::string stream_number(std::uint64_t number) {
  return "page-" + std::to_string(number % streams);
}
/// Long, so that they fill some pages.
std::string consumer_number(std::uint64_t number) {
  return "consumer-" + std::string(220, '.') + std::to_string(number);
}
/// Where this consumer is, of so many events.
position place_of(std::uint64_t consumer, std::uint64_t last) { return position(last - consumer); }

class LmdbPages : public ::testing::Test {
 protected:
  LmdbPages(std::string environment, std::size_t least_pages)
      : environment_(std::move(environment)), least_pages_(least_pages) {}

  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "mainstem-pages-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    append(1, 450);
    young = read_file(folder_ / "store" / environment_ / "data.mdb");
    append(451, 900);
    whole = read_file(folder_ / "store" / environment_ / "data.mdb");
    ASSERT_GE(whole.size(), least_pages_ * page_bytes);
  }
  void TearDown() override {
    std::cout << right_ << " right, " << refused_ << " refused, " << died_
              << " killed the process that read it, of which the look at pages passed "
              << died_unseen_ << '\n';
    EXPECT_EQ(died_, 0U);
    EXPECT_GT(right_ + refused_, 0U);
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void cut_anywhere();
  void exchange_pages();
  void flip_bits();
  void put_garbage_for_the_lock();
  /// A process opens the store, in which these bytes stand in the place of a file of LMDB.
  void check(const std::string& what, std::string_view bytes, const std::string& file = "data.mdb");

  std::string young;
  std::string whole;
  std::uint64_t right_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t died_ = 0;
  std::uint64_t died_unseen_ = 0;

 private:
  void append(std::uint64_t first, std::uint64_t last);
  [[nodiscard]] ending use(const fs::path& at, std::ostream& said) const;
  [[nodiscard]] bool passes_look_at_pages(const fs::path& at) const;

  std::string environment_;
  std::size_t least_pages_;
  fs::path folder_;
};

class IndexPages : public LmdbPages {
 protected:
  IndexPages() : LmdbPages("index", 12) {}
};
/// Of what consumers have saved.
class StatePages : public LmdbPages {
 protected:
  StatePages() : LmdbPages("state", 6) {}
};

void LmdbPages::append(std::uint64_t first, std::uint64_t last) {
  auto log = store::open(folder_ / "store", small_options()).value();
  for (std::uint64_t number = first; number <= last; ++number) {
    log.append(stream_name(stream_number(number)), any,
               {event_data("numbered", text(std::to_string(number)))}, {durability::buffered})
        .value();
  }
  log.flush().value();
  for (std::uint64_t i = 0; i < consumers; ++i)
    log.save_checkpoint(consumer_number(i), place_of(i, last)).value();
}

/// Compares with what append() appended: event number n stands at position n.
class reading {
 public:
  explicit reading(std::ostream& said) : said_(said) {}

  void read(const store& log) {
    compare(log.read_all(), "the log", numbers(1, 1), true);
    for (std::uint64_t i = 1; i <= streams; ++i) {
      const stream_name name(stream_number(i));
      compare(log.read_stream(name), stream_number(i), numbers(i, streams), false);
      const auto info = log.stream_info(name);
      if (!info) {
        note(info.error(), "stream_info");
      } else if (info->version != version(6)) {
        complain("stream_info is wrong");
      }
    }
    for (std::uint64_t i = 0; i < consumers; ++i) {
      const auto found = log.checkpoint(consumer_number(i));
      if (!found) {
        note(found.error(), "a checkpoint");
      } else if (*found != place_of(i, 900) && *found != place_of(i, 450)) {
        // With a page of an earlier time, it may be what was saved then.
        complain("the checkpoint of consumer " + std::to_string(i) + " is " +
                 (*found ? std::to_string((*found)->value()) : std::string("gone")));
      }
    }
  }
  /// To every so many of the streams.
  void append(store& log, std::uint64_t step) {
    for (std::uint64_t i = 1; i <= streams; i += step) {
      const auto answer = log.append(stream_name(stream_number(i)), exactly(version(6)),
                                     {event_data("numbered", text("after"))});
      if (!answer) {
        note(answer.error(), "an append");
      } else if (answer->committed() == nullptr) {
        complain("an append: " + answer->message());
      }
    }
  }
  void note(const error& why, const std::string& what) {
    said_ << what << ": " << why.message() << '\n';
    refused_ = true;
    if (!(why == error_condition::corruption)) complain(what + " fails with another error");
  }
  [[nodiscard]] ending how() const {
    return wrong_ ? ending::wrong : refused_ ? ending::refused : ending::right;
  }

 private:
  static std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t step) {
    std::vector<std::uint64_t> all;
    for (std::uint64_t n = first; n <= 900; n += step) all.push_back(n);
    return all;
  }
  void complain(const std::string& what) {
    said_ << "WRONG: " << what << '\n';
    wrong_ = true;
  }
  template <class Reader>
  void compare(Reader reader, const std::string& what, const std::vector<std::uint64_t>& expected,
               bool must_be_whole) {
    auto next = expected.begin();
    for (;;) {
      auto batch = reader.next();
      if (!batch) {
        note(batch.error(), what);
        if (must_be_whole) complain("the log itself cannot be read");
        return;
      }
      if (batch->empty()) break;
      for (const auto& event : batch->events()) {
        if (next == expected.end() || event.position() != position(*next) ||
            event.payload_text() != std::to_string(*next))
          return complain(what + ": a wrong event");
        ++next;
      }
    }
    if (next != expected.end()) complain(what + " ends too early");
  }

  std::ostream& said_;
  bool refused_ = false;
  bool wrong_ = false;
};

ending LmdbPages::use(const fs::path& at, std::ostream& said) const {
  reading all(said);
  auto log = store::open(at, small_options());
  if (!log) {
    all.note(log.error(), "opening");
    return all.how();
  }
  all.read(*log);
  all.append(*log, environment_ == "index" ? 10 : 75);
  return all.how();
}

bool LmdbPages::passes_look_at_pages(const fs::path& at) const {
  os::posix_disk disk;
  index::lmdb_provider provider(disk.open_directory(at.string(), false).value());
  return provider.inspect(environment_).has_value();
}

void LmdbPages::check(const std::string& what, std::string_view bytes, const std::string& file) {
  const fs::path at = folder_ / "case";
  fs::remove_all(at);
  fs::copy(folder_ / "store", at, fs::copy_options::recursive);
  write_file(at / environment_ / file, bytes);
  const bool passes = passes_look_at_pages(at);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    static_cast<void>(std::freopen((at / "errors").c_str(), "w", stderr));
    std::setvbuf(stderr, nullptr, _IONBF, 0);  // What is said before an abort stays said.
    ::alarm(20);                               // Whoever follows pages in a circle.
    std::ofstream said(at / "said");
    const ending how = use(at, said);
    said.close();
    ::_exit(static_cast<int>(how));
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  const std::string said = read_file(at / "said");
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  ASSERT_NE(code, static_cast<int>(ending::wrong)) << what << ":\n" << said;
  if (code == static_cast<int>(ending::right)) {
    ++right_;
  } else if (code == static_cast<int>(ending::refused)) {
    ++refused_;
  } else if (code != static_cast<int>(ending::wrong)) {
    ++died_;
    const std::string errors = read_file(at / "errors");
    EXPECT_EQ(errors.find("assertion failed"), std::string::npos)
        << what << " breaks an assertion:\n"
        << errors;
    EXPECT_FALSE(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) << what << " never ends";
    if (passes) {
      ++died_unseen_;
      std::cout << what << ": killed by " << (WIFSIGNALED(status) ? WTERMSIG(status) : 0)
                << ", and the look at pages passed. " << errors.substr(0, 200) << '\n';
    }
  }
}

void LmdbPages::cut_anywhere() {
  for (std::size_t size = 0; size < whole.size(); size += page_bytes / 2 * stride())
    check("cut to " + std::to_string(size), whole.substr(0, size));
  check("a byte short", whole.substr(0, whole.size() - 1));
}

void LmdbPages::exchange_pages() {
  const auto replaced = [&](std::size_t at, std::string_view by) {
    std::string file = whole;
    file.replace(at, page_bytes, by);
    return file;
  };
  const std::string_view now = whole;
  const std::string zeros(page_bytes, '\0');
  const std::size_t pages = whole.size() / page_bytes;
  std::size_t turn = 0;
  const auto damage = [&](std::size_t page, std::string_view by, const std::string& what) {
    const std::size_t at = page * page_bytes;
    if (by == now.substr(at, page_bytes) || turn++ % stride() != 0) return;
    check("page " + std::to_string(page) + " " + what, replaced(at, by));
  };
  for (std::size_t page = 0; page < pages; ++page) {
    damage(page, zeros, "zeroed");
    for (const std::size_t step : {1UL, pages / 3}) {
      const std::size_t other = (page + step) % pages;
      damage(page, now.substr(other * page_bytes, page_bytes), "as page " + std::to_string(other));
    }
    if ((page + 1) * page_bytes <= young.size())
      damage(page, std::string_view(young).substr(page * page_bytes, page_bytes),
             "of an earlier time");
  }
  EXPECT_GT(right_, 0U);
}

void LmdbPages::flip_bits() {
  const auto flip = [&](std::size_t at) {
    std::string file = whole;
    file[at] = static_cast<char>(file[at] ^ (1 << (at % 8)));
    check("byte " + std::to_string(at), file);
  };
  // Of the two meta pages what LMDB uses; of the others their heads and something of the rest.
  for (std::size_t page = 0; page < 2; ++page)
    for (std::size_t at = 0; at < 152; at += 5 * stride()) flip(page * page_bytes + at);
  std::size_t turn = 0;
  for (std::size_t page = 2; page < whole.size() / page_bytes; ++page)
    for (const std::size_t at : {9UL, 10UL, 12UL, 14UL, 17UL, 4000UL, 4090UL})
      if (turn++ % (2 * stride()) == 0) flip(page * page_bytes + at);
  EXPECT_GT(right_, 0U);
}

// What LMDB shares with other processes, as nobody left it.
void LmdbPages::put_garbage_for_the_lock() {
  std::mt19937_64 random(3);
  std::string noise(8'192 + page_bytes / 2, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  check("an empty lock file", "", "lock.mdb");
  check("a lock file of zeros", std::string(noise.size(), '\0'), "lock.mdb");
  check("a lock file of noise", noise, "lock.mdb");
  check("a short lock file of noise", noise.substr(0, 100), "lock.mdb");
  check("data for a lock file", whole, "lock.mdb");
  EXPECT_EQ(refused_, 0U);
}

TEST_F(IndexPages, OfAFileCutAnywhereHarmNothing) {
  cut_anywhere();
  EXPECT_EQ(refused_, 0U) << "the index is made anew";
}
TEST_F(IndexPages, ThatAreZerosOrOtherPagesAreNeverReadWrong) { exchange_pages(); }
TEST_F(IndexPages, WithFlippedBitsAreNeverReadWrong) { flip_bits(); }
TEST_F(IndexPages, AreReadWithGarbageForALockFile) { put_garbage_for_the_lock(); }

TEST_F(StatePages, OfAFileCutAnywhereAreSaidToBeDamaged) {
  cut_anywhere();
  EXPECT_EQ(right_, 0U) << "nobody knows how far consumers have come";
}
TEST_F(StatePages, ThatAreZerosOrOtherPagesAreNeverReadWrong) { exchange_pages(); }
TEST_F(StatePages, WithFlippedBitsAreNeverReadWrong) { flip_bits(); }
TEST_F(StatePages, AreReadWithGarbageForALockFile) { put_garbage_for_the_lock(); }

}  // namespace
}  // namespace mainstem::test_support
