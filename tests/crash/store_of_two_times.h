// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "index/kept_state.h"
#include "scenario.h"

namespace mainstem::test_support {

inline scenario::plan plan_of_two_times(fake_random& random) {
  scenario::plan plan;
  plan.options = draw_options(random);
  plan.options.segment_size_bytes = 8192;
  plan.options.index_flush_events = 8;
  plan.sizes.payload_bytes = 40;
  return plan;
}

/// What consumers and schemas have been saved.
struct kept_things {
  std::vector<std::pair<std::string, std::uint64_t>> checkpoints;
  std::vector<index::kept_state::schema_row> schemas;
  friend bool operator==(const kept_things&, const kept_things&) = default;
};

[[nodiscard]] inline kept_things kept_in(engine::store_core& core) {
  kept_things found;
  index::kept_state& kept = *core.kept().value();
  for (const auto& row : kept.checkpoints().value())
    found.checkpoints.emplace_back(row.consumer, row.at.value());
  found.schemas = kept.schemas().value();
  return found;
}

/// A store at two moments of its life: when it was young, and as a kill left it later.
class store_of_two_times {
 public:
  explicit store_of_two_times(std::uint64_t seed)
      : random_(seed), plan_(plan_of_two_times(random_)), life_(seed, plan_, count_) {
    life_.take_images(false);
    life_.open();
    grow();
    young_kept = kept_in(life_.store().core());
    young = life_.machine().killed();
    young_last = life_.model().last();
    grow();
    aged_kept = kept_in(life_.store().core());
    aged = life_.machine().killed();
    life_.store().kill();
  }

  [[nodiscard]] const store_model& model() noexcept { return life_.model(); }
  [[nodiscard]] const store_options& options() const noexcept { return plan_.options; }
  [[nodiscard]] findings& found() noexcept { return life_.found(); }

  std::unique_ptr<simulated_machine> young;
  std::unique_ptr<simulated_machine> aged;
  std::uint64_t young_last = 0;
  kept_things young_kept;
  kept_things aged_kept;

 private:
  /// Two tiers of runs, one of them half merged, and events that the index does not have.
  void grow() {
    for (int i = 0; i < 9; ++i) life_.flush_something();
    static_cast<void>(life_.store().merge_index());
    life_.store().seal();
    const position durable = life_.store().log().durable();
    life_.store().save_checkpoint("reports", durable);
    life_.store().save_checkpoint("mails", position(durable.value() / 2));
    const std::uint8_t edition = ++edition_;
    const std::vector<index::kept_state::schema_row> schemas{
        {"opened", 1, {std::byte{edition}, std::byte{7}}},
        {"paid", edition, {std::byte{3}, std::byte{edition}}}};
    life_.store()
        .core()
        .kept()
        .value()
        ->save_schemas(schemas, [](const auto&) { return result<void>(); })
        .value();
    life_.append_something();
  }

  crash_count count_;
  fake_random random_;
  scenario::plan plan_;
  scenario life_;
  std::uint8_t edition_ = 0;
};

}  // namespace mainstem::test_support
