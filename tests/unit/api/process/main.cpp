// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <mainstem/store.h>

#include "marathon.h"

// The other process of the tests of opening and recovery:
//   hold PATH             opens the store, says `held`, and keeps it until its input ends
//   open PATH             says `opened` or why not
//   append PATH FIRST     appends until it is killed, and says `NUMBER POSITION VERSION` for each
//                         acknowledged event; FIRST is the number of the first event
//   flood PATH ANSWERS ENOUGH, race PATH ANSWERS LAST: see marathon.h
//   follow PATH           opens the store for reading alone, says `following` or why not, then
//                         `POSITION ID` for each event, until its input ends
namespace {

using namespace mainstem;
using namespace std::chrono_literals;

/// One write() to a pipe, so that a line is there whole or not at all.
void say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(3);
}

int hold(const char* path, bool keep) {
  auto log = store::open(path);
  say(log ? (keep ? "held\n" : "opened\n") : log.error().message() + "\n");
  std::string line;
  while (keep && std::getline(std::cin, line)) continue;
  return log ? 0 : 1;
}

[[noreturn]] void append_for_ever(store& log, std::uint64_t writer, std::uint64_t number) {
  const stream_name stream("writer-" + std::to_string(writer));
  const append_options options{writer == 0 ? durability::buffered : durability::synced};
  auto at = log.stream_info(stream).value().version;
  for (;; number += 4) {
    std::string payload = "event " + std::to_string(number) + " ";
    payload.resize(20 + number * 31 % 800, '.');
    event_id::bytes_type id{};
    for (std::size_t byte = 0; byte < 8; ++byte) id[15 - byte] = std::byte(number >> (8 * byte));
    const event_data event("appended", text(payload), {.id = event_id(id)});
    const auto done = log.append(stream, exactly(at), {event}, options).value();
    if (done.committed() == nullptr) _exit(4);
    at = done.place()->streams.front().version;
    say(std::to_string(number) + " " + std::to_string(done.place()->last_position.value()) + " " +
        std::to_string(at.value()) + "\n");
  }
}

int append(const char* path, std::uint64_t first) {
  store_options options;
  options.segment_size_bytes = 64U << 10U;
  options.index_flush_events = 1'024;
  options.index_flush_interval = 10ms;
  options.buffered_sync_interval = 1ms;
  options.mark_interval = 1ms;
  auto log = store::open(path, options).value();
  std::vector<std::thread> writers;
  for (std::uint64_t writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&log, writer, first] { append_for_ever(log, writer, first + writer); });
  }
  for (auto& writer : writers) writer.join();
  return 0;
}

int follow(const char* path) {
  auto log = store::open_read_only(path);
  say(log ? "following\n" : log.error().message() + "\n");
  if (!log) return 1;
  std::jthread input([&log](const std::stop_token&) {
    std::string line;
    while (std::getline(std::cin, line)) continue;
    static_cast<void>(log->close());
  });
  auto following = log->subscribe().value();
  while (auto batch = following.next()) {
    for (const auto& event : *batch) {
      say(std::to_string(event.position().value()) + " " + event.id().to_string() + "\n");
    }
  }
  return following.last_error() == errc::store_closed ? 0 : 6;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view verb = count > 2 ? arguments[1] : "";
  try {
    if (verb == "hold") return hold(arguments[2], true);
    if (verb == "open") return hold(arguments[2], false);
    if (verb == "follow") return follow(arguments[2]);
    if (verb == "flood" && count > 4)
      return api::test::flood(arguments[2], arguments[3], std::stoull(arguments[4]));
    if (verb == "race" && count > 4)
      return api::test::race(arguments[2], arguments[3], std::stoull(arguments[4]));
    if (verb == "append" && count > 3) return append(arguments[2], std::stoull(arguments[3]));
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 5;
  }
  std::cerr << "usage: hold|open|follow PATH | append PATH FIRST\n";
  return 2;
}
