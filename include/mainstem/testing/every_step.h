// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Reruns a scenario of yours with the power cut, or a call failing, at each step of its disk.

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <mainstem/testing/simulated_disk.h>

namespace mainstem::testing {

/// A step is a call for which simulated_disk::on_change() calls its hook.
struct step_options {
  /// The first step that is interrupted, and from there on every `stride`-th.
  std::uint64_t first = 1;
  std::uint64_t stride = 1;
  /// At each step the process is killed once, and the power lost this many times.
  unsigned power_losses = 2;
  std::uint64_t seed = 1;
  /// Asked after each check; true ends the run, as if something had been found. With GoogleTest:
  /// `[] { return ::testing::Test::HasFailure(); }`.
  std::function<bool()> should_stop = {};
};

enum class ending : std::uint8_t { killed, lost_power };

/// Where a run was interrupted, and how its machine came down.
struct interruption {
  std::uint64_t step = 0;
  call_kind kind = call_kind::write;  ///< What was about to be done,
  std::string path;                   ///< and to which file.
  ending how = ending::killed;
  std::uint64_t seed = 0;  ///< Of simulated_disk::crash().
};
std::ostream& operator<<(std::ostream& out, const interruption& at);

struct step_report {
  std::uint64_t steps = 0;   ///< That were interrupted.
  std::uint64_t checks = 0;  ///< Of machines that were left.
  /// The first thing that is wrong, with where the run was interrupted and what replays it.
  std::optional<std::string> finding;
  [[nodiscard]] bool ok() const noexcept { return !finding.has_value(); }
};
std::ostream& operator<<(std::ostream& out, const step_report& report);

namespace detail {
struct erased_scenario {
  std::function<std::shared_ptr<void>()> begin;
  std::function<void(simulated_disk&, void*)> live;
  std::function<std::string(simulated_disk&, const void*, const interruption&)> check;
};
[[nodiscard]] step_report crash_steps(const erased_scenario& scenario, const step_options& options);
[[nodiscard]] step_report fail_steps(const erased_scenario& scenario, const fault& how,
                                     const step_options& options);

template <class Told, class Live, class Check>
erased_scenario erase(Live live, Check check) {
  return {
      .begin = [] { return std::make_shared<Told>(); },
      .live = [live = std::move(live)](
                  simulated_disk& disk,
                  void* told) mutable { live(disk, *static_cast<Told*>(told)); },
      .check = [check = std::move(check)](simulated_disk& left, const void* told,
                                          const interruption& at) mutable -> std::string {
        const Told& known = *static_cast<const Told*>(told);
        const auto call = [&]() -> decltype(auto) {
          if constexpr (std::invocable<Check&, simulated_disk&, const Told&, const interruption&>) {
            return check(left, known, at);
          } else {
            return check(left, known);
          }
        };
        if constexpr (std::is_void_v<decltype(call())>) {
          call();
          return {};
        } else {
          return call();
        }
      }};
}
}  // namespace detail

/// Runs `live` on a new disk once for each step that it takes. At that step the machine is copied
/// as a kill of the process and a loss of power leave it; from there on every call of the disk
/// fails, so that nothing that comes later can be taken for done. Then `check` looks at each copy.
///
/// @tparam Told what `live` lets the outside world know: orders that were confirmed, events that
/// were acknowledged. Made anew for each run.
/// @param live void(simulated_disk&, Told&). It opens stores on the disk, and ends with all of them
/// closed or destroyed, and with no thread of its own that uses the disk. After the interruption
/// its calls answer errors; exceptions that leave it then are expected.
/// @param check void or std::string(simulated_disk& left, const Told&[, const interruption&]): what
/// is wrong with what is left, empty if nothing is. An exception is a finding.
///
/// A finding names the step: the environment variable MAINSTEM_STEP, set to its number, reruns
/// that step alone. The threads of a store make the calls of two runs differ in their order, so
/// that a rerun may meet another state at that step: repeat it.
template <class Told, class Live, class Check>
[[nodiscard]] step_report crash_at_every_step(Live live, Check check,
                                              const step_options& options = {}) {
  return detail::crash_steps(detail::erase<Told>(std::move(live), std::move(check)), options);
}

/// The same with a step that goes wrong as `how` says (its `only` and `path_contains` do not
/// count), while the machine goes on. `check` looks at what is left when `live` has returned: after
/// the end of the process, and after losses of power.
template <class Told, class Live, class Check>
[[nodiscard]] step_report fail_at_every_step(Live live, Check check, const fault& how = {},
                                             const step_options& options = {}) {
  return detail::fail_steps(detail::erase<Told>(std::move(live), std::move(check)), how, options);
}

/// What is wrong with a store to which these requests were submitted, one after the other, of which
/// the first `acknowledged` were answered with committed: it must hold them, whole, in this order,
/// then at most some more of them, and nothing else. Empty if nothing is wrong. For requests that
/// hold new events alone, whose versions are as expected.
[[nodiscard]] std::string compare_with(const store& found,
                                       std::span<const append_request> submitted,
                                       std::size_t acknowledged);

}  // namespace mainstem::testing
