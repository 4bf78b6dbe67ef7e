// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <mainstem/store.h>

#include "../writing_plan.h"

// The process that is killed and watched:
//   write PATH WRITERS APPENDS   opens the store, says `open`, goes on with the plan for so many
//                                appends per writer, closes it, and says `closed`
//   lives PATH                   a store from its making on: four processes one after the other
//                                write to it, each says `life N` first; before the last one the
//                                index is deleted
// Everything said is one write() to a pipe: a line is there whole or not at all.
namespace {

using namespace mainstem;
using namespace mainstem::real_test;

void say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(3);
}

std::uint64_t length_of(const store& log, const std::string& stream) {
  return log.stream_info(stream_name(stream), visibility::written).value().version.value();
}

/// Saved from time to time by the first writer; it never goes back.
void save_progress(store& log) {
  const position at = log.info().durable;
  const std::string number = std::to_string(at.value());
  say("saving " + number + "\n");
  log.save_checkpoint("reader", at).value();
  say("saved " + number + "\n");
}

/// Until the index has more of the store than it had after so many flushes.
void wait_for_flush(const store& log, std::uint64_t before) {
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (log.info().index_flushes == before && std::chrono::steady_clock::now() < patience)
    std::this_thread::yield();
}

/// @param flushes so often the first writer waits until the index was flushed: eight make a merge.
void go_on(store& log, std::uint64_t writer, std::uint64_t appends, std::uint64_t flushes) {
  std::uint64_t length = length_of(log, stream_of(writer));
  std::uint64_t audits = length_of(log, audit_of(writer));
  const std::uint64_t between = flushes == 0 ? 1 : std::max<std::uint64_t>(appends / flushes, 1);
  for (std::uint64_t count = 0; count < appends; ++count) {
    const std::uint64_t flushed = log.info().index_flushes;
    const bool synced = !is_buffered(length);
    const auto done = log.append(next_commit(writer, length, audits),
                                 {synced ? durability::synced : durability::buffered})
                          .value();
    if (done.committed() == nullptr) _exit(4);
    const auto& place = *done.place();
    say(acknowledgement{synced, writer, length, place.first_position.value(),
                        place.last_position.value()}
            .line());
    audits += is_audited(length) ? 1U : 0U;
    length += commit_size(length);
    if (writer == 0 && count % 16 == 15) save_progress(log);
    if (writer == 0 && flushed < flushes && count % between == between - 1)
      wait_for_flush(log, flushed);
  }
  if (writer == 0 && log.info().index_flushes < flushes) ::_exit(9);
}

int write_some(const std::string& path, std::uint64_t writers, std::uint64_t appends,
               std::uint64_t flushes = 0) {
  auto log = store::open(path, busy_options());
  if (!log) {
    std::cerr << log.error() << '\n';
    return 6;
  }
  say("open\n");
  {
    std::vector<std::jthread> others;
    for (std::uint64_t writer = 1; writer < writers; ++writer)
      others.emplace_back([&log, writer, appends] { go_on(*log, writer, appends, 0); });
    go_on(*log, 0, appends, flushes);
  }
  log->close().value();
  say("closed\n");
  return 0;
}

int in_a_process_of_its_own(const std::string& path, std::uint64_t appends,
                            std::uint64_t flushes = 0) {
  const pid_t child = ::fork();
  if (child < 0) return 7;
  if (child == 0) {
    int status = 5;
    try {
      status = write_some(path, 2, appends, flushes);
    } catch (const std::exception& failure) {
      std::cerr << failure.what() << '\n';
    }
    ::_exit(status);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return 7;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int lives(const std::string& path) {
  say("life 1\n");
  if (const int status = in_a_process_of_its_own(path, 30, 10); status != 0) return status;
  // Whoever watches kills it long before that.
  say("life 2\n");
  if (in_a_process_of_its_own(path, 10'000) != 128 + SIGKILL) return 8;
  say("life 3\n");
  if (const int status = in_a_process_of_its_own(path, 20); status != 0) return status;
  std::filesystem::remove_all(path + "/index");
  say("life 4\n");
  return in_a_process_of_its_own(path, 30, 10);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view verb = count > 2 ? arguments[1] : "";
  try {
    if (verb == "write" && count > 4)
      return write_some(arguments[2], std::stoull(arguments[3]), std::stoull(arguments[4]));
    if (verb == "lives") return lives(arguments[2]);
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 5;
  }
  std::cerr << "usage: write PATH WRITERS APPENDS | lives PATH\n";
  return 2;
}
