// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>

#include "append/contest.h"
#include "append/report.h"
#include "common/arguments.h"
#include "common/host.h"
#include "common/program.h"
#include "common/scratch_folder.h"

namespace mainstem::bench {

namespace {

const std::vector<workload>& all_workloads() {
  static const std::vector<workload> all{
      {.name = "1 event per commit, 1 writer", .writers = 1, .events_per_commit = 1},
      {.name = "1 event per commit, 64 writers", .writers = 64, .events_per_commit = 1},
      {.name = "32 events per commit, 1 writer", .writers = 1, .events_per_commit = 32},
      {.name = "1,024 events per commit, 1 writer", .writers = 1, .events_per_commit = 1'024},
  };
  return all;
}

// "64x1" is 64 writers with 1 event per commit.
std::string short_name(const workload& work) {
  return std::to_string(work.writers) + "x" + std::to_string(work.events_per_commit);
}

std::vector<workload> chosen_workloads(const std::vector<std::string>& names) {
  std::vector<workload> chosen;
  for (const auto& work : all_workloads())
    if (names.empty() || std::find(names.begin(), names.end(), short_name(work)) != names.end())
      chosen.push_back(work);
  if (chosen.empty()) throw usage_error("--work takes some of 1x1, 64x1, 1x32, 1x1024");
  return chosen;
}

arguments command_line() {
  return arguments(
      "Durable appends beside other stores, in one run and taking turns.",
      {{"seconds", "S", "1", "length of each store's slice in each round"},
       {"rounds", "N", "7", "rounds that count; one more warms up"},
       {"streams", "N", "100000", "streams, written in random order"},
       {"payload", "BYTES", "200", "payload of an event"},
       {"only", "NAME,...", "", "stores that take part, by the beginnings of their names"},
       {"work", "LIST", "", "workloads, writers x events: some of 1x1, 64x1, 1x32, 1x1024"},
       {"dir", "FOLDER", "", "where to make the temporary folder; beside the program if not given"},
       {"json", "FILE", "", "write the figures there as well"}});
}

contest_options contest_options_of(const arguments& given) {
  return {.streams = given.count("streams", 1'024, 100'000'000),
          .payload_bytes = given.count("payload", 1, 16'384),
          .slice_length = std::chrono::duration<double>(given.positive_number("seconds")),
          .rounds = given.count("rounds", 1, 10'000),
          .only = given.list("only")};
}

void print_heading(const contest_options& options, const std::string& host) {
  std::cout << host << ". Every commit durable before it is answered; payload "
            << options.payload_bytes << " B, " << grouped(options.streams)
            << " streams in random order, versions checked.\nMedians of " << options.rounds
            << " rounds of " << options.slice_length.count()
            << " s; spread: of the rate, lowest to highest round; ratios: median of the rounds'"
               " ratios.\nbare time: time per event in times of bare (zero-filled); bare rate,"
               " rocksdb rate: events/s in times of bare (zero-filled), rocksdb (default).\n"
               "rocksdb (tuned): recycled logs, Bloom filter, 64 MiB block cache. sqlite: WAL,"
               " synchronous=FULL, 64 MiB page cache.\n";
}

int run(int argc, char** argv) {
  auto given = command_line();
  if (!given.parse(argc, argv)) return 0;
  const auto options = contest_options_of(given);
  const auto workloads = chosen_workloads(given.list("work"));
  const scratch_folder scratch(given.text("dir"));
  const auto host = describe_host(scratch.path());

  contest stores(scratch.path(), options);
  print_heading(options, host);
  std::vector<contest_result> results;
  for (const auto& work : workloads) {
    results.push_back(stores.run(work));
    print_table(std::cout, results.back());
    std::cout.flush();
  }
  print_goals(std::cout, goals_of(results));
  print_doubts(std::cout, results);
  if (given.flag("json")) write_json(given.text("json"), to_json(options, host, results));
  return 0;
}

}  // namespace

}  // namespace mainstem::bench

int main(int argc, char** argv) {
  return mainstem::bench::run_program("append", argc, argv, mainstem::bench::run);
}
