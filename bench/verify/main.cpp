// SPDX-License-Identifier: Apache-2.0
#include <mainstem/store.h>
#include <mainstem/verify.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/arguments.h"
#include "common/host.h"
#include "common/json.h"
#include "common/program.h"
#include "common/scratch_folder.h"
#include "common/statistics.h"

// How fast verify() reads and checks a log, beside reading the same files and looking at nothing.
namespace mainstem::bench {
namespace {

namespace fs = std::filesystem;
using steady_clock = std::chrono::steady_clock;

constexpr std::uint64_t streams = 1'000;

/// What stands in a log.
struct shape {
  const char* name;
  std::size_t payload_bytes;
  std::size_t events_per_commit;
};
constexpr shape shapes[] = {{"200 B, 1 event per commit", 200, 1},
                            {"200 B, 16 events per commit", 200, 16},
                            {"4 KB, 1 event per commit", 4'096, 1}};

struct figure {
  std::uint64_t log_bytes = 0;
  spread verifying;  ///< GB/s.
  spread reading;    ///< GB/s.
  spread ratio;      ///< Round by round: what disturbs a round disturbs both.
};

void fill(const fs::path& folder, const shape& of, std::uint64_t bytes) {
  auto log = store::open(folder).value();
  const std::string payload(of.payload_bytes, 'x');
  const std::uint64_t commits = bytes / (of.payload_bytes * of.events_per_commit);
  for (std::uint64_t i = 0; i < commits; ++i) {
    std::vector<event_data> events;
    for (std::size_t k = 0; k < of.events_per_commit; ++k)
      events.emplace_back("appended", text(payload));
    const stream_name stream("stream-" + std::to_string(i * 7 % streams));
    log.append(stream, any, std::move(events), {durability::buffered}).value();
  }
  log.close().value();
}

double gigabytes_per_second(std::uint64_t bytes, std::chrono::duration<double> took) {
  return static_cast<double>(bytes) / took.count() / 1e9;
}

double read_plainly(const fs::path& folder) {
  std::vector<char> piece(1U << 20U);
  std::uint64_t bytes = 0;
  const auto began = steady_clock::now();
  for (const auto& entry : fs::directory_iterator(folder / "log")) {
    std::ifstream file;
    file.rdbuf()->pubsetbuf(nullptr, 0);  // Straight into the piece.
    file.open(entry.path(), std::ios::binary);
    while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0)
      bytes += static_cast<std::uint64_t>(file.gcount());
  }
  return gigabytes_per_second(bytes, steady_clock::now() - began);
}

figure measure(const fs::path& folder, std::uint64_t rounds) {
  figure measured;
  std::vector<double> verifying;
  std::vector<double> reading;
  std::vector<double> ratio;
  for (std::uint64_t round = 0; round <= rounds; ++round) {
    const double plain = read_plainly(folder);
    const auto report = verify(folder).value();
    if (!report.clean()) throw std::runtime_error("verify() finds something");
    measured.log_bytes = report.log_bytes;
    if (round == 0) continue;  // Warms the page cache.
    reading.push_back(plain);
    verifying.push_back(gigabytes_per_second(report.log_bytes, report.log_duration));
    ratio.push_back(verifying.back() / plain);
  }
  measured.verifying = spread_of(verifying);
  measured.reading = spread_of(reading);
  measured.ratio = spread_of(ratio);
  return measured;
}

void print(const shape& of, const figure& measured) {
  std::cout << "  " << std::left << std::setw(30) << of.name << std::right << std::fixed
            << std::setprecision(2);
  std::cout << measured.verifying << measured.reading << measured.ratio << '\n' << std::flush;
}

json_object to_json(const shape& of, const figure& measured) {
  return json_object()
      .add("events", of.name)
      .add("log_bytes", measured.log_bytes)
      .add("gigabytes_per_second", measured.verifying.median)
      .add("plain_gigabytes_per_second", measured.reading.median)
      .add("ratio", measured.ratio.median);
}

int run(int argc, char** argv) {
  arguments given("How fast verify() goes through a log, beside reading its files plainly.",
                  {{"megabytes", "N", "500", "of payloads in each store"},
                   {"rounds", "N", "9", "times to do both"},
                   {"dir", "FOLDER", "",
                    "where to make the temporary folder; beside the program"
                    " if not given"},
                   {"json", "FILE", "", "write the figures there as well"}});
  if (!given.parse(argc, argv)) return 0;
  const std::uint64_t bytes = given.count("megabytes", 1, 100'000) * 1'000'000;
  const std::uint64_t rounds = given.count("rounds", 1, 1'000);
  const scratch_folder scratch(given.text("dir"));
  std::cout << describe_host(scratch.path()) << ". One core, files in the page cache.\n\n"
            << "  GB/s, median [lowest to highest]   verify()             plain reading         "
               "verify() / plain\n";
  std::vector<json_object> all;
  for (const shape& each : shapes) {
    const fs::path folder = scratch.path() / "store";
    fill(folder, each, bytes);
    const figure measured = measure(folder, rounds);
    print(each, measured);
    all.push_back(to_json(each, measured));
    fs::remove_all(folder);
  }
  if (given.flag("json")) write_json(given.text("json"), json_object().add("logs", all));
  return 0;
}

}  // namespace
}  // namespace mainstem::bench

int main(int argc, char** argv) {
  return mainstem::bench::run_program("verify", argc, argv, mainstem::bench::run);
}
