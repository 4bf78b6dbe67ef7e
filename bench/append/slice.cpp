// SPDX-License-Identifier: Apache-2.0
#include "append/slice.h"

#include <algorithm>
#include <exception>
#include <latch>
#include <numeric>
#include <thread>
#include <vector>

#include "common/statistics.h"

namespace mainstem::bench {

namespace {

using steady_clock = std::chrono::steady_clock;
using microseconds = std::chrono::duration<double, std::micro>;

struct writer_record {
  std::vector<double> commit_us;
  steady_clock::time_point began;
  steady_clock::time_point ended;
  std::exception_ptr failure;
};

void write_until(peer_writer& writer, event_plan& plan, std::size_t events,
                 std::chrono::duration<double> length, writer_record& record) {
  record.began = steady_clock::now();
  const auto deadline = record.began + std::chrono::duration_cast<steady_clock::duration>(length);
  do {
    const auto drawn = plan.draw(events);
    const auto start = steady_clock::now();
    writer.commit(drawn);
    record.ended = steady_clock::now();
    plan.committed();
    record.commit_us.push_back(microseconds(record.ended - start).count());
  } while (record.ended < deadline);
}

slice summary_of_all(const std::vector<writer_record>& records, std::size_t events_per_commit) {
  std::vector<double> all;
  auto began = records.front().began;
  auto ended = records.front().ended;
  for (const auto& record : records) {
    all.insert(all.end(), record.commit_us.begin(), record.commit_us.end());
    began = std::min(began, record.began);
    ended = std::max(ended, record.ended);
  }
  const double wall_us = microseconds(ended - began).count();
  const double elapsed_us =
      records.size() == 1 ? std::accumulate(all.begin(), all.end(), 0.0) : wall_us;
  return summary_of(std::move(all), elapsed_us, wall_us, events_per_commit);
}

}  // namespace

slice summary_of(std::vector<double> all, double elapsed_us, double wall_us,
                 std::size_t events_per_commit) {
  std::sort(all.begin(), all.end());
  const double in_commits_us = std::accumulate(all.begin(), all.end(), 0.0);
  const auto commits = static_cast<double>(all.size());
  const double events = commits * static_cast<double>(events_per_commit);
  return {.commits = all.size(),
          .mean_us = in_commits_us / commits,
          .p50_us = percentile(all, 0.50),
          .p99_us = percentile(all, 0.99),
          .events_per_second = events / elapsed_us * 1e6,
          .events_per_second_with_drawing = events / wall_us * 1e6};
}

slice run_slice(peer& store, const workload& work, const event_material& material,
                stream_heads& heads, std::chrono::duration<double> length, std::uint64_t seed) {
  if (const auto own = store.run(material, heads, length, seed)) return *own;
  std::vector<writer_record> records(work.writers);
  std::latch all_ready(static_cast<std::ptrdiff_t>(work.writers));
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < work.writers; ++i) {
      threads.emplace_back([&, i] {
        auto& record = records[i];
        const auto writer = store.start_writer();
        event_plan plan(material, heads, i, work.writers, seed * 1'000 + i);
        record.commit_us.reserve(1U << 16U);
        all_ready.arrive_and_wait();
        try {
          write_until(*writer, plan, work.events_per_commit, length, record);
        } catch (...) {
          record.failure = std::current_exception();
        }
      });
    }
  }
  for (const auto& record : records)
    if (record.failure) std::rethrow_exception(record.failure);
  return summary_of_all(records, work.events_per_commit);
}

void fill(peer& store, const event_material& material, stream_heads& heads) {
  constexpr std::size_t commit_events = 1'000;
  const auto writer = store.start_writer();
  std::vector<planned_event> events;
  for (std::size_t stream = 0; stream < material.streams(); ++stream) {
    events.push_back({.stream = material.name(stream),
                      .version_before = heads.versions[stream]++,
                      .payload = material.payload(stream * 7919U)});
    if (events.size() == commit_events || stream + 1 == material.streams()) {
      writer->commit(events);
      events.clear();
    }
  }
}

}  // namespace mainstem::bench
