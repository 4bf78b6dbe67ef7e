// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <mainstem/store.h>
#include <mainstem/testing/scarce_memory.h>

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

// A real store, with its threads, while memory runs out again and again. The process goes on,
// nobody is told anything that is not so, and afterwards everything is there.
namespace mainstem::memory_test {
namespace {

using testing::has_memory;
using testing::scarce_memory;
using testing::scarcity;

/// Calls the store, which has to make do with what memory there is.
template <class Call>
auto in_store(Call&& call) {
  const has_memory scarce(false);
  return std::forward<Call>(call)();
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t rounds = 12;
#else
constexpr std::uint64_t rounds = 60;
#endif

class temporary_folder {
 public:
  temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "mainstem-memory-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::filesystem::path store() const { return path_ / "store"; }

 private:
  std::filesystem::path path_;
};

/// Everything in the background happens all the time.
store_options busy_options() {
  store_options options;
  options.segment_size_bytes = 64U << 10U;
  options.preallocation = preallocation::reserve;
  options.buffered_sync_interval = std::chrono::milliseconds(1);
  options.index_flush_interval = std::chrono::milliseconds(10);
  options.mark_interval = std::chrono::milliseconds(1);
  return options;
}

/// What may be said while there is no memory.
bool is_honest(const error& said) {
  return said == errc::out_of_memory || said == errc::store_failed || said == errc::outcome_unknown;
}

/// One that appends to a stream of its own, and keeps account of what it was told.
class writer {
 public:
  explicit writer(std::string name) : stream_(std::move(name)) {}

  void append(store& to, durability wanted);
  /// What stands in its stream is what it was told.
  void check(const store& in) const;
  [[nodiscard]] const stream_name& stream() const noexcept { return stream_; }

 private:
  enum class fate { stored, absent, unknown };
  stream_name stream_;
  std::vector<std::pair<event_id, fate>> told_;
};

void writer::append(store& to, durability wanted) {
  const event_data event("happened", text(std::string(900, 'x')));
  auto& [id, became] = told_.emplace_back(event.id(), fate::unknown);
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto said =
        in_store([&] { return to.append(stream_, any, event, {.durability = wanted}); });
    if (said) {
      EXPECT_TRUE(said->succeeded()) << *said;
      EXPECT_TRUE(became != fate::absent || said->committed() != nullptr)
          << "nothing was touched, and yet it was there";
      became = fate::stored;
      return;
    }
    EXPECT_TRUE(is_honest(said.error())) << said.error();
    became = said.error() == errc::outcome_unknown ? fate::unknown : fate::absent;
    if (!(said.error() == errc::out_of_memory)) return;
  }
}

void writer::check(const store& in) const {
  std::vector<event_id> found;
  auto reader = in.read_stream(stream_, {.visibility = visibility::written});
  while (auto batch = reader.next().value())
    for (const auto& event : batch.events()) found.push_back(event.id());
  auto next = found.begin();
  for (const auto& [id, became] : told_) {
    const bool is_there = next != found.end() && *next == id;
    EXPECT_TRUE(is_there || became != fate::stored) << "an acknowledged event is gone";
    EXPECT_TRUE(!is_there || became != fate::absent) << "nothing was touched, and yet it is there";
    if (is_there) ++next;
  }
  EXPECT_EQ(next, found.end()) << "there is more than was appended, or in another order";
}

/// @returns whether there is an answer; if not, it says why.
template <class T>
bool is_answered(const result<T>& answer, std::optional<errc> also = std::nullopt) {
  if (answer) return true;
  EXPECT_TRUE(is_honest(answer.error()) || (also && answer.error() == *also)) << answer.error();
  return false;
}

void expect_consecutive(std::vector<std::uint64_t> numbers, direction way, const char* what) {
  if (way == direction::backwards) std::ranges::reverse(numbers);
  for (std::size_t i = 1; i < numbers.size(); ++i)
    EXPECT_EQ(numbers[i], numbers[i - 1] + 1) << what << ": left out, or twice";
}

// Where memory was missing, the next call goes on: nothing is left out, and nothing comes twice.
void read_from_both_ends(store& from, const stream_name& stream) {
  for (const auto way : {direction::forwards, direction::backwards}) {
    auto log = from.read_all({.direction = way, .batch = {.events = 3}});
    auto one = from.read_stream(stream, {.direction = way, .batch = {.events = 3}});
    std::vector<std::uint64_t> positions;
    std::vector<std::uint64_t> versions;
    for (int i = 0; i < 40; ++i) {
      const auto batch = in_store([&] { return log.next(); });
      if (is_answered(batch)) {
        for (const auto& event : batch->events()) positions.push_back(event.position().value());
      }
      const auto own = in_store([&] { return one.next(); });
      if (is_answered(own)) {
        for (const auto& event : own->events()) versions.push_back(event.version().value());
      }
    }
    expect_consecutive(positions, way, "reading the log");
    expect_consecutive(versions, way, "reading a stream");
  }
}

void follow(store& from) {
  auto followed = in_store([&] { return from.subscribe(); });
  if (!is_answered(followed)) return;
  std::uint64_t seen = 0;
  for (int i = 0; i < 20; ++i) {
    const auto batch = in_store([&] { return followed->next(std::chrono::milliseconds(0)); });
    if (!is_answered(batch, errc::timed_out)) continue;
    for (const auto& event : batch->events()) EXPECT_EQ(event.position().value(), ++seen);
  }
}

void ask_for_the_rest(store& from, const stream_name& stream) {
  is_answered(in_store([&] { return from.read_last(stream); }));
  is_answered(in_store([&] { return from.stream_info(stream); }));
  is_answered(in_store([&] { return from.flush(); }));
  is_answered(in_store([&] { return from.save_checkpoint("reader", position(1)); }),
              errc::invalid_argument);
  is_answered(in_store([&] { return from.checkpoints(); }));
  static_cast<void>(in_store([&] { return from.info(); }));
}

void live(std::uint64_t period) {
  const temporary_folder folder;
  writer first("first");
  writer second("second");
  {
    store opened = store::open(folder.store(), busy_options()).value();
    {
      const scarce_memory scarce(period, scarcity::repeated);
      const auto append_some = [&opened](writer& who) {
        const has_memory test;
        for (int i = 0; i < 30; ++i)
          who.append(opened, i % 3 == 0 ? durability::buffered : durability::synced);
      };
      std::thread beside(append_some, std::ref(first));
      append_some(second);
      beside.join();
      read_from_both_ends(opened, first.stream());
      follow(opened);
      ask_for_the_rest(opened, first.stream());
    }
    if (!opened.info().failure) {
      first.append(opened, durability::synced);
      EXPECT_TRUE(opened.flush());
    }
    first.check(opened);
    second.check(opened);
    static_cast<void>(opened.close());
  }
  store again = store::open(folder.store(), busy_options()).value();
  EXPECT_FALSE(again.recovery().damage);
  first.check(again);
  second.check(again);
  first.append(again, durability::synced);
  first.check(again);
  EXPECT_TRUE(again.close());
}

TEST(ScarceMemory, KillsNobodyAndLosesNothing) {
  const has_memory test;
  std::uint64_t failures = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const std::uint64_t period = 2 + round * (round + 1) / 2;
    SCOPED_TRACE("every allocation number " + std::to_string(period) + " fails");
    live(period);
    ASSERT_FALSE(HasFailure());
    failures += scarce_memory::failures();
  }
  EXPECT_GT(failures, 10 * rounds);
}

// The first allocation fails, or the second, and so on until opening needs no more than that; the
// same for closing.
TEST(ScarceMemory, KeepsAStoreFromOpeningAndHarmsNothing) {
  const has_memory test;
  const temporary_folder folder;
  writer one("one");
  constexpr std::uint64_t step = rounds < 60 ? 23 : 3;
  std::uint64_t refused = 0;
  for (std::uint64_t nth = 1;; nth += step) {
    result<store> opened = errc::store_closed;
    {
      const scarce_memory scarce(nth, scarcity::repeated);
      const auto path = folder.store();
      const auto options = busy_options();
      opened = in_store([&] { return store::open(path, options); });
      if (opened) static_cast<void>(in_store([&] { return opened->close(); }));
    }
    if (!opened) {
      EXPECT_EQ(opened.error(), errc::out_of_memory) << opened.error();
      ++refused;
    }
    opened = store::open(folder.store(), busy_options());
    ASSERT_TRUE(opened) << opened.error() << " after " << nth;
    EXPECT_FALSE(opened->recovery().damage);
    one.append(*opened, durability::synced);
    one.check(*opened);
    ASSERT_TRUE(opened->close());
    ASSERT_FALSE(HasFailure()) << nth;
    if (scarce_memory::failures() == 0) break;
  }
  EXPECT_GT(refused, 5U);
}

}  // namespace
}  // namespace mainstem::memory_test
