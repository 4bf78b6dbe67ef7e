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
#include <string>
#include <vector>

#include <mainstem/store.h>

#include "index/lmdb_environment.h"
#include "os/posix_disk.h"
#include "support/effort.h"

// The file of a real index, damaged page by page and cut, and a process that opens its store, reads
// all, appends and closes. LMDB trusts its pages: it ended that process, and streams looked as if
// they had never been, before opening looked at the pages of small files.
namespace mainstem::test_support {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t page_bytes = 4096;
/// One of so many cases: each opens a real store twice.
std::size_t stride() { return is_sanitized ? 29 : long_factor() > 1 ? 1 : 4; }
constexpr std::uint64_t streams = 150;

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

class IndexPages : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "mainstem-pages-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    append(1, 450);
    young = read_file(folder_ / "store" / "index" / "data.mdb");
    append(451, 900);
    whole = read_file(folder_ / "store" / "index" / "data.mdb");
    ASSERT_GE(whole.size(), 12 * page_bytes);
  }
  void TearDown() override {
    std::cout << right_ << " right, " << refused_ << " refused, " << died_
              << " killed the process that read it, of which the look at pages passed "
              << died_unseen_ << '\n';
    EXPECT_EQ(died_, 0U);
    EXPECT_GT(right_, 0U);
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  /// A process opens the store with this file as its index.
  void check(const std::string& what, const std::string& file);

  std::string young;
  std::string whole;
  std::uint64_t right_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t died_ = 0;
  std::uint64_t died_unseen_ = 0;

 private:
  void append(std::uint64_t first, std::uint64_t last);
  [[nodiscard]] ending use(const fs::path& at, std::ostream& said) const;
  [[nodiscard]] static bool passes_look_at_pages(const fs::path& at);

  fs::path folder_;
};

void IndexPages::append(std::uint64_t first, std::uint64_t last) {
  auto log = store::open(folder_ / "store", small_options()).value();
  for (std::uint64_t number = first; number <= last; ++number) {
    log.append(stream_name(stream_number(number)), any,
               {event_data("numbered", text(std::to_string(number)))}, {durability::buffered})
        .value();
  }
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
  }
  void append(store& log) {
    for (std::uint64_t i = 1; i <= streams; i += 10) {
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

ending IndexPages::use(const fs::path& at, std::ostream& said) const {
  reading all(said);
  auto log = store::open(at, small_options());
  if (!log) {
    all.note(log.error(), "opening");
    return all.how();
  }
  all.read(*log);
  all.append(*log);
  return all.how();
}

bool IndexPages::passes_look_at_pages(const fs::path& at) {
  os::posix_disk disk;
  index::lmdb_provider provider(disk.open_directory(at.string(), false).value());
  return provider.inspect("index").has_value();
}

void IndexPages::check(const std::string& what, const std::string& file) {
  const fs::path at = folder_ / "case";
  fs::remove_all(at);
  fs::copy(folder_ / "store", at, fs::copy_options::recursive);
  write_file(at / "index" / "data.mdb", file);
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

TEST_F(IndexPages, OfAFileCutAnywhereHarmNothing) {
  for (std::size_t size = 0; size < whole.size(); size += page_bytes / 2 * stride())
    check("cut to " + std::to_string(size), whole.substr(0, size));
  check("a byte short", whole.substr(0, whole.size() - 1));
}

TEST_F(IndexPages, ThatAreZerosOrOtherPagesAreNeverReadWrong) {
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
}

TEST_F(IndexPages, WithFlippedBitsAreNeverReadWrong) {
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
}

}  // namespace
}  // namespace mainstem::test_support
