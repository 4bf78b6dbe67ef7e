// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "crash_checker.h"
#include "support/request_maker.h"

namespace mainstem::test_support {

/// A random life of one store: appends, background work, closings, kills and crashes, while images
/// are taken. Everything follows from the seed.
class scenario {
 public:
  struct plan {
    store_options options;
    request_maker::sizes sizes;
    unsigned steps = 60;
    unsigned image_percent = 20;        ///< Of the calls of the disk.
    unsigned index_image_percent = 40;  ///< Of the calls while the index is flushed or merged.
    unsigned index_weight = 10;         ///< Steps of the index among 100.
    /// Of the steps: the store is closed, killed or crashed, and opened again.
    unsigned ending_percent = 4;
    unsigned synced_percent = 65;  ///< Of the appends; the others are buffered.
    bool acknowledges_before_writing = false;
    bool faults_expected = false;
    bool keeps_meanwhile = false;  ///< While a group is written, segments are sealed and made.
  };

  scenario(std::uint64_t seed, const plan& how, crash_count& count);

  /// Opens the store, takes the steps and closes it. Ends at the first finding.
  void run();

  // For scenarios that do more than that.
  void open();
  void step();
  void append_some();
  /// At least one event, durable then unless the store fails.
  void append_something();
  /// The same, and the index has it then.
  void flush_something();
  void save_checkpoint();
  /// The process or the machine comes to an end, and the store is opened again.
  void end_and_reopen();
  void kill();
  void lose_power();
  /// The same, and the store stays closed.
  void cut_power();
  void lose_index();
  void check_contents();
  /// Without faults from now on, the store opens, has everything and takes appends.
  void expect_healthy();

  [[nodiscard]] simulated_machine& machine() noexcept { return *machine_; }
  [[nodiscard]] simulated_store& store() noexcept { return *store_; }
  [[nodiscard]] store_model& model() noexcept { return model_; }
  [[nodiscard]] findings& found() noexcept { return found_; }
  [[nodiscard]] fake_random& random() noexcept { return random_; }
  void take_images(bool on) noexcept { takes_images_ = on; }

 private:
  void make_store();
  void index_step();
  void log_step();
  void maybe_take();

  plan how_;
  fake_random random_;
  findings found_;
  store_model model_;
  crash_checker checker_;
  request_maker maker_;
  std::unique_ptr<simulated_machine> machine_;
  std::unique_ptr<simulated_store> store_;
  bool takes_images_ = true;
};

/// Options at which segments and index generations are small, drawn at random.
[[nodiscard]] store_options draw_options(fake_random& random);

/// Runs `rounds(usually)` scenarios, or the one of MAINSTEM_CRASH_SEED, and fails the test at the
/// first finding with the seed that replays it.
void run_scenarios(
    std::uint64_t usually, std::uint64_t first_seed,
    const std::function<scenario::plan(fake_random&)>& make_plan,
    const std::function<void(scenario&)>& live = [](scenario& life) { life.run(); });

}  // namespace mainstem::test_support
