// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <vector>

#include "common/arguments.h"
#include "common/event_plan.h"
#include "common/host.h"
#include "common/json.h"
#include "common/program.h"
#include "common/scratch_folder.h"
#include "open/child.h"
#include "open/victim.h"

namespace mainstem::bench {

namespace {

constexpr double goal_seconds = 1.0;

struct reopening {
  opened_report report;
  std::uint64_t acknowledged = 0;  ///< By the process that was killed before.
};

struct figures {
  filled_report filled;
  std::vector<reopening> reopenings;
  std::uint64_t bytes_on_disk = 0;
  [[nodiscard]] double slowest_seconds() const {
    double slowest = 0;
    for (const auto& one : reopenings) slowest = std::max(slowest, one.report.seconds);
    return slowest;
  }
};

arguments command_line() {
  return arguments("How long a store takes to open after its process was killed.",
                   {{"events", "N", "10000000", "events in the store, in commits of 1,024"},
                    {"streams", "N", "100000", "streams, written in random order"},
                    {"payload", "BYTES", "200", "payload of an event"},
                    {"kills", "N", "3", "times to kill and open"},
                    {"buffered", "", "", "append with durability::buffered"},
                    {"reserve", "", "", "reserve space for segments instead of filling with zeros"},
                    {"cold", "", "", "drop the store's files from the page cache before opening"},
                    {"dir", "FOLDER", "",
                     "where to make the temporary folder; beside the program"
                     " if not given"},
                    {"json", "FILE", "", "write the figures there as well"}});
}

child_task task_of(const arguments& given, const std::filesystem::path& folder) {
  return {.folder = folder / "store",
          .fill_events = given.count("events", 1'024, 10'000'000'000),
          .streams = given.count("streams", 1'024, 100'000'000),
          .payload_bytes = given.count("payload", 1, 16'384),
          .reserve = given.flag("reserve"),
          .buffered = given.flag("buffered")};
}

void drop_from_page_cache(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    // Pages that are dirty cannot be dropped.
    ::fsync(file);
    ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    ::close(file);
  }
}

figures measure(child_task task, std::uint64_t kills, bool cold) {
  figures found;
  random_source random(static_cast<std::uint64_t>(::getpid()));
  const auto some_time = [&] {
    return std::chrono::duration<double>(0.5 + 0.001 * static_cast<double>(random.below(1'500)));
  };

  std::cerr << "filling with " << grouped(task.fill_events) << " events\n";
  std::uint64_t acknowledged = 0;
  {
    victim first(task);
    (void)first.wait_until_opened();
    found.filled = first.wait_until_filled();
    acknowledged = first.kill_after(some_time());
  }
  task.fill_events = 0;
  for (std::uint64_t i = 0; i < kills; ++i) {
    if (cold) drop_from_page_cache(task.folder);
    victim next(task);
    found.reopenings.push_back({next.wait_until_opened(), acknowledged});
    const auto& report = found.reopenings.back().report;
    if (report.last_position < acknowledged || report.damaged)
      throw std::runtime_error("acknowledged events are lost: position " +
                               std::to_string(acknowledged) + ", found up to " +
                               std::to_string(report.last_position));
    acknowledged = next.kill_after(some_time());
  }
  found.bytes_on_disk = bytes_on_disk(task.folder);
  return found;
}

void print_filling(const filled_report& filled, const child_task& task) {
  const auto events = static_cast<double>(filled.events);
  const auto payload = events * static_cast<double>(task.payload_bytes);
  std::cout << "filled:  " << grouped(filled.events) << " events of " << task.payload_bytes
            << " B in " << grouped(task.streams) << " streams, commits of 1,024, "
            << (task.buffered ? "buffered" : "synced") << ", "
            << (task.reserve ? "reserved" : "zero-filled") << " segments: " << std::fixed
            << std::setprecision(1) << filled.seconds << " s, "
            << grouped(static_cast<std::uint64_t>(events / filled.seconds)) << " events/s\n"
            << "written: per payload byte " << std::setprecision(2)
            << static_cast<double>(filled.bytes_to_calls) / payload << " bytes by write calls, "
            << static_cast<double>(filled.bytes_dirtied) / payload
            << " as the kernel accounts (whole folios), "
            << static_cast<double>(filled.bytes_to_disk) / payload
            << " by the disk meanwhile (all processes)\n"
            << "stored:  log " << static_cast<double>(filled.log_bytes) / events << " B, index "
            << static_cast<double>(filled.index_bytes) / events << " B per event; "
            << grouped(filled.index_flushes) << " index flushes\n";
}

void print_reopenings(const figures& found) {
  std::cout << "\n  opening ms      position  beyond ack'd   replayed  rewritten  bytes cut"
               "  index rebuilt\n";
  for (const auto& one : found.reopenings) {
    const auto& report = one.report;
    std::cout << std::setw(12) << std::setprecision(1) << report.seconds * 1e3 << std::setw(14)
              << grouped(report.last_position) << std::setw(14)
              << grouped(report.last_position - one.acknowledged) << std::setw(11)
              << grouped(report.events_replayed) << std::setw(11)
              << grouped(report.events_rewritten) << std::setw(11) << grouped(report.bytes_cut)
              << std::setw(15) << (report.index_rebuilt ? "yes" : "no") << '\n';
  }
}

void print(const figures& found, const child_task& task, bool cold) {
  print_filling(found.filled, task);
  print_reopenings(found);
  const auto events = static_cast<double>(found.reopenings.back().report.last_position);
  std::cout << "\non disk: " << static_cast<double>(found.bytes_on_disk) / events
            << " B per event, segments made ahead included\n"
            << "goal:    opening after a kill below " << goal_seconds
            << " s: " << (found.slowest_seconds() < goal_seconds ? "met" : "not met")
            << ", slowest " << std::setprecision(3) << found.slowest_seconds() << " s (page cache "
            << (cold ? "cold" : "warm") << ")\n";
}

json_object to_json(const figures& found, const child_task& task, bool cold) {
  std::vector<json_object> reopenings;
  for (const auto& one : found.reopenings) {
    const auto& report = one.report;
    reopenings.push_back(json_object()
                             .add("seconds", report.seconds)
                             .add("acknowledged", one.acknowledged)
                             .add("last_position", report.last_position)
                             .add("events_replayed", report.events_replayed)
                             .add("events_rewritten", report.events_rewritten)
                             .add("bytes_cut", report.bytes_cut)
                             .add("index_rebuilt", report.index_rebuilt));
  }
  const auto& filled = found.filled;
  return json_object()
      .add("host", describe_host(task.folder))
      .add("durability", task.buffered ? "buffered" : "synced")
      .add("payload_bytes", std::uint64_t{task.payload_bytes})
      .add("streams", std::uint64_t{task.streams})
      .add("page_cache", cold ? "cold" : "warm")
      .add("events", filled.events)
      .add("fill_seconds", filled.seconds)
      .add("bytes_to_write_calls", filled.bytes_to_calls)
      .add("bytes_dirtied", filled.bytes_dirtied)
      .add("bytes_to_disk_by_all", filled.bytes_to_disk)
      .add("log_bytes", filled.log_bytes)
      .add("index_bytes", filled.index_bytes)
      .add("bytes_on_disk", found.bytes_on_disk)
      .add("openings", reopenings)
      .add("goal_seconds", goal_seconds)
      .add("met", found.slowest_seconds() < goal_seconds);
}

int run(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--child")
    run_child(child_task::from_words({argv + 2, argv + argc}));

  auto given = command_line();
  if (!given.parse(argc, argv)) return 0;
  const auto kills = given.count("kills", 1, 1'000);
  const bool cold = given.flag("cold");
  const scratch_folder scratch(given.text("dir"));
  const auto task = task_of(given, scratch.path());
  std::cout << describe_host(scratch.path()) << '\n';

  const auto found = measure(task, kills, cold);
  print(found, task, cold);
  if (given.flag("json")) write_json(given.text("json"), to_json(found, task, cold));
  return 0;
}

}  // namespace

}  // namespace mainstem::bench

int main(int argc, char** argv) {
  return mainstem::bench::run_program("open", argc, argv, mainstem::bench::run);
}
