// SPDX-License-Identifier: Apache-2.0
#include "open/victim.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <vector>

namespace mainstem::bench {

namespace {

[[noreturn]] void become_child(std::vector<std::string>& words, int output) {
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::dup2(output, STDOUT_FILENO);
  ::execv("/proc/self/exe", arguments.data());
  ::_exit(127);
}

}  // namespace

victim::victim(const child_task& task) {
  std::vector<std::string> words{"open", "--child"};
  for (auto& word : task.to_words()) words.push_back(std::move(word));

  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  process_ = ::fork();
  if (process_ == 0) become_child(words, ends[1]);
  ::close(ends[1]);
  output_.reset(::fdopen(ends[0], "r"));
  if (process_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
}

victim::~victim() { end(); }

void victim::end() noexcept {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
}

std::optional<std::string> victim::next_line() {
  std::array<char, 512> line{};
  if (std::fgets(line.data(), line.size(), output_.get()) == nullptr) return std::nullopt;
  return std::string(line.data());
}

std::string victim::expect_line(const std::string& first_word) {
  const auto line = next_line();
  if (!line) throw std::runtime_error("the child ended before it had " + first_word);
  if (!line->starts_with(first_word + " ")) throw std::runtime_error("the child said " + *line);
  return line->substr(first_word.size());
}

opened_report victim::wait_until_opened() {
  opened_report report;
  std::istringstream in(expect_line("opened"));
  in >> report.seconds >> report.last_position >> report.events_replayed >>
      report.events_rewritten >> report.bytes_cut >> report.clean >> report.index_rebuilt >>
      report.damaged;
  if (!in) throw std::runtime_error("the child's report on opening cannot be read");
  return report;
}

filled_report victim::wait_until_filled() {
  filled_report report;
  std::istringstream in(expect_line("filled"));
  in >> report.seconds >> report.events >> report.bytes_to_calls >> report.bytes_dirtied >>
      report.bytes_to_disk >> report.log_bytes >> report.index_bytes >> report.index_flushes;
  if (!in) throw std::runtime_error("the child's report on filling cannot be read");
  return report;
}

std::uint64_t victim::kill_after(std::chrono::duration<double> delay) {
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t acknowledged = 0;
  while (std::chrono::steady_clock::now() - start < delay)
    acknowledged = std::stoull(expect_line("acknowledged"));
  end();
  // What still stands in the pipe had been acknowledged as well.
  constexpr std::string_view first_word = "acknowledged";
  while (const auto line = next_line()) acknowledged = std::stoull(line->substr(first_word.size()));
  return acknowledged;
}

}  // namespace mainstem::bench
