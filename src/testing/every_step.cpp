// SPDX-License-Identifier: Apache-2.0
#include <mainstem/testing/every_step.h>

#include <cstdlib>
#include <exception>
#include <sstream>
#include <utility>
#include <vector>

namespace mainstem::testing {
namespace {

/// What a run was interrupted with, and the machines that it left.
struct image {
  simulated_disk left;
  interruption at;
};

/// By call_kind.
constexpr const char* kind_names[] = {
    "opening a file",   "creating a file", "reading",
    "writing",          "syncing",         "asking for the size",
    "setting the size", "reserving space", "mapping",
    "opening a folder", "making a folder", "listing",
    "renaming",         "removing",        "removing a folder",
    "syncing a folder", "locking",         "committing to the index",
    "syncing the index"};
static_assert(std::size(kind_names) == static_cast<std::size_t>(call_kind::sync_index) + 1);

std::optional<std::uint64_t> replayed_step() {
  const char* const wanted = std::getenv("MAINSTEM_STEP");
  if (wanted == nullptr) return std::nullopt;
  return std::strtoull(wanted, nullptr, 10);
}

/// Runs one scenario again and again.
class stepper {
 public:
  stepper(const detail::erased_scenario& scenario, const step_options& options)
      : scenario_(scenario), options_(options) {}
  virtual ~stepper() = default;

  step_report run() {
    const auto wanted = replayed_step();
    for (std::uint64_t step = wanted.value_or(options_.first);; step += options_.stride) {
      if (!run_to(step) || report_.finding || wanted) return std::move(report_);
      if (options_.should_stop && options_.should_stop()) {
        note({.step = step, .path = {}}, "stopped by a failure of the test");
        return std::move(report_);
      }
    }
  }

 protected:
  /// At the step, before it takes effect.
  virtual void interrupt(simulated_disk& disk, const interruption& at) = 0;
  /// When the run has ended.
  virtual void finish(simulated_disk& disk, const interruption& at) = 0;

  void take(const simulated_disk& disk, interruption at) {
    at.how = ending::killed;
    images_.push_back({disk.clone(), at});
    at.how = ending::lost_power;
    for (unsigned i = 0; i < options_.power_losses; ++i) {
      at.seed = options_.seed * 1'000'003U + at.step * 101U + i;
      images_.push_back({disk.crash(at.seed, {.stale_bytes = i % 2 != 0}), at});
    }
  }

 private:
  /// @returns false if the scenario ended before that step.
  bool run_to(std::uint64_t step) {
    simulated_disk disk(options_.seed);
    const auto told = scenario_.begin();
    images_.clear();
    std::uint64_t steps = 0;
    interruption at{.step = step, .path = {}};
    disk.on_change([&](const call& about) {
      if (++steps != step) return;
      at.kind = about.kind;
      at.path = about.path;
      interrupt(disk, at);
    });
    std::string thrown;
    try {
      scenario_.live(disk, told.get());
    } catch (const std::exception& failure) {
      thrown = failure.what();
    }
    disk.on_change({});
    if (steps < step) {
      if (!thrown.empty()) note({.path = {}}, "without any interruption: " + thrown);
      return false;
    }
    ++report_.steps;
    finish(disk, at);
    for (image& each : images_) {
      if (report_.finding) break;
      check(each, told.get());
    }
    return true;
  }

  void check(image& of, const void* told) {
    ++report_.checks;
    std::string wrong;
    try {
      wrong = scenario_.check(of.left, told, of.at);
    } catch (const std::exception& failure) {
      wrong = failure.what();
    }
    if (!wrong.empty()) note(of.at, wrong);
  }

  void note(const interruption& at, const std::string& wrong) {
    if (report_.finding) return;
    std::ostringstream text;
    if (at.step != 0) text << at << ": ";
    text << wrong;
    if (at.step != 0) text << "\nMAINSTEM_STEP=" << at.step << " reruns this step";
    report_.finding = text.str();
  }

  const detail::erased_scenario& scenario_;
  const step_options& options_;
  step_report report_;
  std::vector<image> images_;
};

class crashing_stepper final : public stepper {
 public:
  using stepper::stepper;

 protected:
  void interrupt(simulated_disk& disk, const interruption& at) override {
    take(disk, at);
    disk.fail_call(1, {.for_good = true});
    for (const call_kind kind : {call_kind::commit_index, call_kind::sync_index})
      disk.fail_call(1, {.for_good = true, .only = kind});
  }
  void finish(simulated_disk&, const interruption&) override {}
};

class failing_stepper final : public stepper {
 public:
  failing_stepper(const detail::erased_scenario& scenario, const step_options& options, fault how)
      : stepper(scenario, options), how_(std::move(how)) {}

 protected:
  void interrupt(simulated_disk& disk, const interruption& at) override {
    fault now = how_;
    now.only = at.kind;
    now.path_contains.clear();
    disk.fail_call(1, now);
  }
  void finish(simulated_disk& disk, const interruption& at) override {
    disk.clear_faults();
    take(disk, at);
  }

 private:
  fault how_;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const interruption& at) {
  out << (at.how == ending::killed ? "process killed" : "power lost") << " at step " << at.step
      << ", " << kind_names[static_cast<std::size_t>(at.kind)] << ' ' << at.path;
  if (at.how == ending::lost_power) out << ", seed " << at.seed;
  return out;
}

std::ostream& operator<<(std::ostream& out, const step_report& report) {
  out << report.steps << " steps, " << report.checks << " checks";
  return report.finding ? out << ": " << *report.finding : out;
}

step_report detail::crash_steps(const erased_scenario& scenario, const step_options& options) {
  return crashing_stepper(scenario, options).run();
}

step_report detail::fail_steps(const erased_scenario& scenario, const fault& how,
                               const step_options& options) {
  return failing_stepper(scenario, options, how).run();
}

}  // namespace mainstem::testing
