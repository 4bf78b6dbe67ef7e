// SPDX-License-Identifier: Apache-2.0
// What crash_checker does with an index, and with what is kept beside it, that do not belong to the
// log, or are damaged.
#include <optional>
#include <string>
#include <vector>

#include "crash_checker.h"
#include "doubtful_store.h"
#include "index/stream_index.h"
#include "support/request_maker.h"
#include "support/store_check.h"
#include "support/stored_rows.h"

namespace mainstem::test_support {
namespace {

// Of 100 images.
constexpr unsigned exchanging_percent = 8;
constexpr unsigned damaging_percent = 4;
constexpr unsigned exchanging_state_percent = 6;
constexpr unsigned newer_percent = 7;
constexpr unsigned keeping_percent = 6;

std::vector<stored_row> make_foreign_rows() {
  simulated_machine machine(97);
  store_model model;
  findings found;
  fake_random random(97);
  request_maker maker({});
  simulated_store other(machine, model, found, {});
  other.open().value();
  while (model.last() < 20) {
    other.submit(maker.make(random, model), durability::synced);
    other.write_all();
  }
  other.rotate_index();
  other.flush_index();
  return rows_of(machine.index(), "index");
}

const std::vector<stored_row>& foreign_rows() {
  static const std::vector<stored_row> rows = make_foreign_rows();
  return rows;
}

}  // namespace

void crash_checker::exchange_index(crash_image& image) {
  if (!random_.chance(exchanging_percent)) return;
  auto& index = image.machine->index();
  switch (random_.below(3)) {
    case 0: index.lose("index"); return count_.add_strange(strange_environment::no_index);
    case 1:
      replace_rows(index, "index", foreign_rows());
      return count_.add_strange(strange_environment::foreign_index);
    default:
      if (!earlier_) return;
      replace_rows(index, "index", rows_of(earlier_->machine->index(), "index"));
      return count_.add_strange(strange_environment::older_index);
  }
}

// Of a name that is gone without a trace only verifying can tell.
void crash_checker::damage_index(crash_image& image) {
  auto& index = image.machine->index();
  if (!random_.chance(damaging_percent) || !index.inspect("index").value()) return;
  const auto rows = rows_of(index, "index");
  if (rows.empty()) return;
  const stored_row& row = rows[random_.below(rows.size())];
  std::optional<std::string> by = rows[random_.below(rows.size())].value;
  if (random_.chance(25) && row.in != index::table::names) {
    by.reset();
  } else if (*by == row.value || random_.chance(60)) {
    by = row.value;
    const std::uint64_t bit = random_.below(by->size() * 8);
    (*by)[bit / 8] = static_cast<char>((*by)[bit / 8] ^ (1 << (bit % 8)));
  }
  index.tamper("index", row.in, as_bytes(row.key),
               by ? std::optional(as_bytes(*by)) : std::nullopt);
  image.index_is_damaged = true;
  count_.add_strange(strange_environment::damaged_index);
}

// It is made anew, or is not believed, or says what is right.
void crash_checker::check_damaged_index(crash_image& image, findings& wrong) {
  auto opened = engine::store_core::open(store_path, options_, image.machine->around());
  if (!opened) {
    count_.add_lost(image.must_hold);
    return wrong.add("the store does not open: " + opened.error().message());
  }
  if ((*opened)->report().damage) wrong.add((*opened)->report().damage->message());
  const std::uint64_t last = (*opened)->log().written().value();
  if (last < image.must_hold) count_.add_lost(image.must_hold - last);
  if (last < image.must_hold || !image.model->is_boundary(last))
    return wrong.add(std::to_string(last) + " events are there");
  store_model model = *image.model;
  model.recovered(last);
  doubtful_store store(**opened, model, last, wrong);
  store.read();
  if (!wrong.any()) store.go_on();
}

// Consumers begin from where they were said to be then. Events are not harmed by that.
std::optional<store_model> crash_checker::exchange_state(crash_image& image) {
  if (!random_.chance(exchanging_state_percent) || image.model->consumers().empty())
    return std::nullopt;
  auto& index = image.machine->index();
  store_model model = *image.model;
  if (!earlier_ || random_.chance(40)) {
    index.lose("state");
    model.exchange_checkpoints(store_model());
    count_.add_strange(strange_environment::no_state);
  } else {
    replace_rows(index, "state", rows_of(earlier_->machine->index(), "state"));
    model.exchange_checkpoints(earlier_->model);
    count_.add_strange(strange_environment::older_state);
  }
  return model;
}

void crash_checker::keep_moment(const simulated_machine& machine, const simulated_store& store) {
  const bool is_settled = store.is_open() && !store.has_failed() && !store.how().faults_expected;
  if (is_settled && random_.chance(keeping_percent))
    earlier_ = moment{machine.killed(), store.model()};
}

// The log was put back from a copy, say, and the index was not: what the index has proves that
// events are missing. Only an index that does not reach beyond the log may be brought up to date.
void crash_checker::check_newer_index(const simulated_machine& machine,
                                      const simulated_store& store) {
  const bool is_settled = store.is_open() && !store.has_failed() && !store.how().faults_expected;
  if (!earlier_ || !is_settled || found_.any() || !random_.chance(newer_percent)) return;
  const auto now = machine.killed();
  const auto then = earlier_->machine->killed();
  replace_rows(then->index(), "index", rows_of(now->index(), "index"));
  findings wrong;
  check_with_newer_index(*then, wrong);
  for (const auto& what : wrong.all()) found_.add("with the index of a later moment: " + what);
}

void crash_checker::check_with_newer_index(simulated_machine& then, findings& wrong) {
  then.disk().set_capacity(std::nullopt);
  auto opened = engine::store_core::open(store_path, options_, then.around());
  if (!opened) return wrong.add("the store does not open: " + opened.error().message());
  const auto& log = (*opened)->log();
  const std::uint64_t last = log.written().value();
  const auto events = check_readable(log, earlier_->model, wrong);
  // By an index of another history events are found, or not; never others.
  if (events.refused != 0 && log.trusts_index())
    wrong.add(std::to_string(events.refused) + " events are refused");
  if (last < earlier_->model.synced()) wrong.add("the log ends at " + std::to_string(last));
  if (events.gone != earlier_->model.last() - last) wrong.add("events are gone");
  const auto snapshot = log.index()->snapshot();
  if (!snapshot) return wrong.add("a snapshot: " + snapshot.error().message());
  // It is still the one of the later moment, unless it was believed to be of another history.
  const std::uint64_t indexed = snapshot->flushed().last.value();
  const bool is_damage_told = (*opened)->report().damage.has_value();
  if (is_damage_told != (indexed > last)) {
    wrong.add("the index has " + std::to_string(indexed) + " of " + std::to_string(last) +
              " events, and damage is " + (is_damage_told ? "told" : "not told"));
  }
  if (is_damage_told) count_.add_strange(strange_environment::newer_index);
}

}  // namespace mainstem::test_support
