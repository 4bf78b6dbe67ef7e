// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/fake_clock.h"
#include "crash_count.h"
#include "engine/follower_core.h"
#include "support/findings.h"
#include "support/simulated_machine.h"
#include "support/simulated_store.h"
#include "support/store_model.h"

namespace mainstem::test_support {

/// A machine as a crash left it, and what its store must hold.
struct crash_image {
  std::unique_ptr<simulated_machine> machine;
  const store_model* model = nullptr;  ///< Everything submitted by then.
  std::uint64_t must_hold = 0;         ///< Positions up to here must be there.
  std::uint64_t must_hold_after_power_loss = 0;
  phase taken_in = phase::idle;
  std::uint64_t must_be_followed = 0;  ///< What a follower has to see before any recovery.
  bool index_is_damaged = false;
  unsigned depth = 0;  ///< How many recoveries were interrupted on the way here.
};

/// Takes images of machines and checks that their stores recover from them as design.md, section 9,
/// demands.
class crash_checker {
 public:
  crash_checker(crash_count& count, findings& found, fake_random& random,
                const store_options& options)
      : count_(count), found_(found), random_(random), options_(options) {}

  /// Crashes a copy of the machine on which `store` lives, mostly by loss of power, and checks what
  /// is left.
  void take(const simulated_machine& machine, const simulated_store& store);
  void check(crash_image image);

 private:
  /// What a life was at some moment, for its index to be found later, and for its log.
  struct moment {
    std::unique_ptr<simulated_machine> machine;
    store_model model;
  };

  void take_nested(const crash_image& from);
  /// Sometimes another index stands in the image than the one that belongs there.
  void exchange_index(crash_image& image);
  /// Sometimes a value of the index is not what it was.
  void damage_index(crash_image& image);
  /// Sometimes the checkpoints are not those that belong there. @returns what must hold then.
  [[nodiscard]] std::optional<store_model> exchange_state(crash_image& image);
  void keep_moment(const simulated_machine& machine, const simulated_store& store);
  void check_newer_index(const simulated_machine& machine, const simulated_store& store);
  void check_with_newer_index(simulated_machine& then, findings& wrong);
  void check_damaged_index(crash_image& image, findings& wrong);
  void check_recovery(crash_image& image, findings& wrong);
  [[nodiscard]] std::unique_ptr<engine::follower_core> follow(const crash_image& image,
                                                              findings& wrong);
  void check_follower(engine::follower_core& follower, const simulated_store& store,
                      findings& wrong);
  void lose_power_again(const crash_image& image, const store_model& model);
  void reopen_unchanged(crash_image& image, simulated_store& store, findings& wrong);
  void go_on(crash_image& image, simulated_store& store,
             const std::vector<append_request>& unanswered, findings& wrong);
  void compare_index(crash_image& image, simulated_store& store, findings& wrong);

  crash_count& count_;
  findings& found_;
  fake_random& random_;
  store_options options_;
  std::optional<moment> earlier_;
};

[[nodiscard]] phase phase_of(activity doing) noexcept;

}  // namespace mainstem::test_support
