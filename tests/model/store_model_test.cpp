// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <vector>

#include "support/effort.h"
#include "support/request_maker.h"
#include "support/simulated_store.h"
#include "support/store_check.h"

namespace mainstem::test_support {

enum class action : std::uint8_t {
  append,
  append_group,
  begin_write,
  end_write,
  flush,
  mark,
  sync,
  make_spare,
  seal,
  rotate_index,
  flush_index,
  merge_index,
  read,
  read_all,
  turn_clock,
  close,
  kill,
  lose_power,
};

/// Something that happens to a store. What exactly follows from `seed`.
struct operation {
  action what = action::append;
  std::uint64_t seed = 0;
};

std::ostream& operator<<(std::ostream& out, const operation& one) {
  static constexpr const char* names[] = {
      "append", "append_group", "begin_write", "end_write",    "flush",       "mark",
      "sync",   "make_spare",   "seal",        "rotate_index", "flush_index", "merge_index",
      "read",   "read_all",     "turn_clock",  "close",        "kill",        "lose_power"};
  return out << names[static_cast<std::size_t>(one.what)] << '(' << one.seed << ')';
}

}  // namespace mainstem::test_support

template <>
struct rc::Arbitrary<mainstem::test_support::operation> {
  static rc::Gen<mainstem::test_support::operation> arbitrary() {
    using mainstem::test_support::action;
    using mainstem::test_support::operation;
    const auto actions = rc::gen::weightedElement<action>({{30, action::append},
                                                           {10, action::append_group},
                                                           {8, action::begin_write},
                                                           {8, action::end_write},
                                                           {3, action::flush},
                                                           {3, action::mark},
                                                           {3, action::sync},
                                                           {3, action::make_spare},
                                                           {3, action::seal},
                                                           {4, action::rotate_index},
                                                           {6, action::flush_index},
                                                           {2, action::merge_index},
                                                           {14, action::read},
                                                           {4, action::read_all},
                                                           {3, action::turn_clock},
                                                           {1, action::close},
                                                           {2, action::kill},
                                                           {2, action::lose_power}});
    return rc::gen::build<operation>(rc::gen::set(&operation::what, actions),
                                     rc::gen::set(&operation::seed));
  }
};

namespace mainstem::test_support {
namespace {

/// A store and its model, to which operations happen.
class trial {
 public:
  explicit trial(const store_options& options) : options_(options) { reopen(); }

  void apply(const operation& one);
  void finish();
  [[nodiscard]] findings& found() noexcept { return found_; }

 private:
  void reopen();
  void lose_power(fake_random& random);
  void append(fake_random& random) {
    store_->submit(maker_.make(random, model_),
                   random.chance(65) ? durability::synced : durability::buffered);
  }
  void check_all() {
    check_contents(store_->log(), model_, visibility::written, found_);
    check_contents(store_->log(), model_, visibility::durable, found_);
  }

  store_options options_;
  findings found_;
  store_model model_;
  request_maker maker_{{.streams = 9}};
  std::unique_ptr<simulated_machine> machine_ = std::make_unique<simulated_machine>(1);
  std::unique_ptr<simulated_store> store_;
};

void trial::reopen() {
  if (!store_) {
    store_ = std::make_unique<simulated_store>(*machine_, model_, found_,
                                               simulated_store::settings{.options = options_});
  }
  if (auto opened = store_->open(); !opened)
    found_.add("the store does not open: " + opened.error().message());
}

void trial::lose_power(fake_random& random) {
  auto next = machine_->crashed(random.next());
  model_.acknowledge(store_->must_survive_power_loss(), true);
  model_.lose_power();
  store_.reset();
  machine_ = std::move(next);
  reopen();
}

void trial::apply(const operation& one) {
  fake_random random(one.seed);
  switch (one.what) {
    case action::append:
      append(random);
      store_->write_all();
      break;
    case action::append_group:
      for (std::uint64_t i = 2 + random.below(5); i > 0; --i) append(random);
      if (random.chance(50)) store_->write_all();
      break;
    case action::begin_write: store_->begin_write(); break;
    case action::end_write: store_->end_write(); break;
    case action::flush: store_->submit_flush(); break;
    case action::mark: store_->queue_mark(); break;
    case action::sync: store_->queue_sync(); break;
    case action::make_spare: store_->make_spare(); break;
    case action::seal: store_->seal(); break;
    case action::rotate_index: store_->rotate_index(); break;
    case action::flush_index: store_->flush_index(); break;
    case action::merge_index: store_->merge_index(); break;
    case action::read:
      for (int i = 0; i < 5; ++i) check_random_read(store_->log(), model_, random, found_);
      break;
    case action::read_all: check_all(); break;
    case action::turn_clock: machine_->clock().set_unix_nanoseconds(random.next() >> 4U); break;
    case action::close:
      store_->close();
      reopen();
      if (!found_.any() && !store_->core().report().clean)
        found_.add("a store that was closed does not open clean");
      break;
    case action::kill:
      store_->kill();
      reopen();
      break;
    case action::lose_power: lose_power(random); break;
  }
}

void trial::finish() {
  const auto maintained = store_->index_digest();
  if (store_->log().durable().value() != model_.last())
    found_.add("not everything is durable after a flush");
  check_all();
  store_->close();
  machine_->index().lose("index");
  reopen();
  if (found_.any()) return;
  check_all();
  const auto rebuilt = store_->index_digest();
  if (store_->core().report().clean && maintained != rebuilt)
    found_.add("the index differs from a rebuilt one");
}

store_options options_from(std::uint64_t seed) {
  fake_random random(seed);
  store_options options;
  options.segment_size_bytes = std::uint64_t{4096} << random.below(5);
  options.index_flush_events = 1 + random.below(24);
  options.queue_bytes = random.chance(25) ? 1024 : 1U << 20U;
  options.preallocation = random.chance(50) ? preallocation::zero_fill : preallocation::reserve;
  options.read_mode = random.chance(50) ? read_mode::mapped : read_mode::copied;
  return options;
}

RC_GTEST_PROP(StoreModel, AgreesWithTheStoreOnEveryAnswerAndEveryRead,
              (std::uint64_t options_seed, const std::vector<operation>& operations)) {
  trial one(options_from(options_seed));
  for (const operation& each : operations) {
    one.apply(each);
    if (one.found().any()) RC_FAIL(one.found().text());
  }
  one.finish();
  if (one.found().any()) RC_FAIL(one.found().text());
}

// rapidcheck makes few long histories; these are long from the start.
TEST(StoreModel, AgreesWithTheStoreThroughLongLives) {
  for (std::uint64_t seed = 1; seed <= 40 * long_factor(); ++seed) {
    fake_random random(seed);
    trial one(options_from(seed));
    for (int i = 0; i < 400 && !one.found().any(); ++i) {
      const std::uint64_t drawn = random.below(100);
      const auto what = drawn < 50   ? action::append
                        : drawn < 96 ? static_cast<action>(random.below(15))
                                     : static_cast<action>(15 + random.below(3));
      one.apply({what, random.next()});
    }
    if (!one.found().any()) one.finish();
    ASSERT_FALSE(one.found().any()) << "seed " << seed << ":\n" << one.found().text();
  }
}

}  // namespace
}  // namespace mainstem::test_support
