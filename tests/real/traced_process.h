// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace mainstem::real_test {

/// A system call that one of the watched threads is about to make, or has made.
struct traced_call {
  pid_t thread = 0;
  long number = 0;
  std::array<std::uint64_t, 6> arguments{};
  std::int64_t result = 0;  ///< A negative errno if it failed; set once it was made.

  /// Memory of the watched process.
  [[nodiscard]] std::string bytes(std::uint64_t address, std::size_t size) const;
  [[nodiscard]] std::string text(std::uint64_t address) const;
};

/// ptrace() or seccomp filters are not allowed here: the tests that need them skip.
class cannot_trace : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class verdict : std::uint8_t {
  go_on,
  kill_process,     ///< The process of this thread is killed before the call is made.
  kill_everything,  ///< And all that it came from or made.
};

/// Watches the calls with these numbers in a program, its threads and its processes, one call at a
/// time and in the order in which they happen. (strace counts calls for each thread by itself: it
/// cannot stop at the n-th call of all of them.)
class call_watch {
 public:
  explicit call_watch(std::vector<int> numbers) : numbers_(std::move(numbers)) {}
  call_watch(const call_watch&) = delete;
  call_watch& operator=(const call_watch&) = delete;
  virtual ~call_watch() = default;

  /// Runs the program to its end.
  /// @param output of the program, which must fit into a pipe.
  /// @return its exit status, or 128 and the signal.
  int run(const std::vector<std::string>& command, std::string& output);

 protected:
  virtual verdict before(const traced_call& call) = 0;
  /// Only if wants_results().
  virtual void after(const traced_call&) {}
  [[nodiscard]] virtual bool wants_results() const { return false; }

 private:
  [[noreturn]] void become(const std::vector<std::string>& command, int output) const;
  void watch(pid_t first);
  void stopped(pid_t thread, int status);
  void at_call(pid_t thread);
  void at_result(pid_t thread);
  std::vector<int> numbers_;
  std::vector<pid_t> known_;
  pid_t group_ = 0;
  int first_status_ = 0;
};

/// The calls that change something on a disk, make it durable, or could do so.
[[nodiscard]] std::vector<int> disk_calls();

}  // namespace mainstem::real_test
