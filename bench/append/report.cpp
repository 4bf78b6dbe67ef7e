// SPDX-License-Identifier: Apache-2.0
#include "append/report.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

#include "common/host.h"

namespace mainstem::bench {

namespace {

const entry* find(const contest_result& result, const std::string& store) {
  const auto at = std::find_if(result.entries.begin(), result.entries.end(),
                               [&](const entry& e) { return e.store == store; });
  return at == result.entries.end() ? nullptr : &*at;
}

template <class Figure>
spread over_rounds(const entry& of, Figure figure) {
  std::vector<double> values;
  for (const auto& round : of.rounds) values.push_back(figure(round));
  return spread_of(std::move(values));
}

/// How many times the rate of `base` the rate of `of` is, round by round.
std::optional<spread> rate_ratio(const entry* of, const entry* base,
                                 double slice::*rate = &slice::events_per_second) {
  if (of == nullptr || base == nullptr) return std::nullopt;
  std::vector<double> ratios;
  for (std::size_t i = 0; i < of->rounds.size(); ++i)
    ratios.push_back(of->rounds[i].*rate / base->rounds[i].*rate);
  return spread_of(std::move(ratios));
}

std::string fixed(double value, int digits) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(digits) << value;
  return out.str();
}

std::string ratio_text(const std::optional<spread>& ratio) {
  return ratio ? fixed(ratio->median, ratio->median < 0.1 ? 3 : 2) : "-";
}

/// Who carried it out, if not just as the others did.
std::string label_of(const entry& row, const workload& work) {
  if (row.carried.writers == work.writers) return row.store;
  return row.store + ", commits together";
}

void print_row(std::ostream& out, const contest_result& result, const entry& row) {
  const auto mean = over_rounds(row, [](const slice& s) { return s.mean_us; });
  const auto p50 = over_rounds(row, [](const slice& s) { return s.p50_us; });
  const auto p99 = over_rounds(row, [](const slice& s) { return s.p99_us; });
  const auto rate = over_rounds(row, [](const slice& s) { return s.events_per_second; });
  out << "  " << std::left << std::setw(38) << label_of(row, result.work) << std::right
      << std::setw(10) << fixed(mean.median, 1) << std::setw(10) << fixed(p50.median, 1)
      << std::setw(10) << fixed(p99.median, 1) << std::setw(12)
      << grouped(static_cast<std::uint64_t>(std::llround(rate.median))) << std::setw(8)
      << fixed(rate.width() * 100, 0) + " %" << std::setw(11)
      << ratio_text(rate_ratio(find(result, bare_name), &row)) << std::setw(11)
      << ratio_text(rate_ratio(&row, find(result, bare_name))) << std::setw(14)
      << ratio_text(rate_ratio(&row, find(result, rocksdb_name))) << '\n';
}

goal time_goal(const contest_result& result) {
  return {"(a) 1 writer, 1 event: time of bare pwrite + fdatasync, at most", true, 1.15,
          rate_ratio(find(result, bare_name), find(result, mainstem_name))};
}

void add_goals(std::vector<goal>& goals, const contest_result& result) {
  const auto* ours = find(result, mainstem_name);
  if (result.work.writers == 1 && result.work.events_per_commit == 1) {
    goals.push_back(time_goal(result));
  } else if (result.work.writers == 64) {
    goals.push_back({"(b) 64 writers: rate of RocksDB (default), at least", false, 2.5,
                     rate_ratio(ours, find(result, rocksdb_name))});
    goals.push_back({"(b) the same, beside RocksDB (tuned), at least", false, 2.5,
                     rate_ratio(ours, find(result, rocksdb_tuned_name))});
  } else if (result.work.events_per_commit == 1'024) {
    goals.push_back({"(c) commits of 1,024: rate of bare pwrite + fdatasync, at least", false, 0.25,
                     rate_ratio(ours, find(result, bare_name))});
    // The thread of the coroutines draws events while the store writes others, and has to: so for
    // this one drawing counts on both sides.
    goals.push_back(
        {"(d) 1,024 coroutines, drawing included: rate of commits of 1,024, at least", false, 0.6,
         rate_ratio(find(result, coroutines_name), ours, &slice::events_per_second_with_drawing)});
  }
}

json_object to_json(const spread& value) {
  return json_object()
      .add("median", value.median)
      .add("lowest", value.lowest)
      .add("highest", value.highest);
}

json_object to_json(const contest_result& result, const entry& row) {
  json_object out;
  out.add("store", row.store);
  out.add("writers", std::uint64_t{row.carried.writers});
  out.add("events_per_commit", std::uint64_t{row.carried.events_per_commit});
  out.add("mean_us", to_json(over_rounds(row, [](const slice& s) { return s.mean_us; })));
  out.add("p50_us", to_json(over_rounds(row, [](const slice& s) { return s.p50_us; })));
  out.add("p99_us", to_json(over_rounds(row, [](const slice& s) { return s.p99_us; })));
  out.add("events_per_second",
          to_json(over_rounds(row, [](const slice& s) { return s.events_per_second; })));
  if (const auto ratio = rate_ratio(find(result, bare_name), &row))
    out.add("time_to_bare", to_json(*ratio));
  if (const auto ratio = rate_ratio(&row, find(result, bare_name)))
    out.add("rate_to_bare", to_json(*ratio));
  if (const auto ratio = rate_ratio(&row, find(result, rocksdb_name)))
    out.add("rate_to_rocksdb", to_json(*ratio));
  return out;
}

}  // namespace

void print_table(std::ostream& out, const contest_result& result) {
  out << "\n"
      << result.work.name << " (" << grouped(result.commit_bytes) << " B per commit, "
      << (result.commit_bytes_measured ? "as Mainstem wrote" : "estimated")
      << "; other processes took " << fixed(result.cpu_of_others * 100, 0) << " % of the CPU)\n  "
      << std::left << std::setw(38) << "store" << std::right << std::setw(10) << "mean us"
      << std::setw(10) << "p50 us" << std::setw(10) << "p99 us" << std::setw(12) << "events/s"
      << std::setw(8) << "spread" << std::setw(11) << "bare time" << std::setw(11) << "bare rate"
      << std::setw(14) << "rocksdb rate" << '\n';
  for (const auto& row : result.entries) print_row(out, result, row);
}

std::vector<goal> goals_of(const std::vector<contest_result>& results) {
  std::vector<goal> goals;
  for (const auto& result : results) add_goals(goals, result);
  return goals;
}

void print_doubts(std::ostream& out, const std::vector<contest_result>& results) {
  // A thread that wakes from a sync waits for a time slice (4 ms at 250 Hz) if every core computes.
  constexpr double disturbing = 0.10;
  double most = 0;
  for (const auto& result : results) most = std::max(most, result.cpu_of_others);
  if (most > disturbing)
    out << "\nThe machine was busy with something else (" << fixed(most * 100, 0)
        << " % of the CPU): these figures say little. Run it again when it is quiet.\n";
}

void print_goals(std::ostream& out, const std::vector<goal>& goals) {
  out << "\ngoals\n";
  for (const auto& one : goals) {
    out << "  " << std::left << std::setw(76) << one.text << std::right << std::setw(6)
        << fixed(one.limit, 2) << " x   ";
    if (!one.reached) {
      out << "not measured\n";
      continue;
    }
    out << (one.met() ? "met:     " : "not met: ") << fixed(one.reached->median, 2) << " x (rounds "
        << fixed(one.reached->lowest, 2) << " to " << fixed(one.reached->highest, 2) << ")\n";
  }
}

json_object to_json(const contest_options& options, const std::string& host,
                    const std::vector<contest_result>& results) {
  std::vector<json_object> workloads;
  for (const auto& result : results) {
    std::vector<json_object> rows;
    for (const auto& row : result.entries) rows.push_back(to_json(result, row));
    workloads.push_back(json_object()
                            .add("name", result.work.name)
                            .add("writers", std::uint64_t{result.work.writers})
                            .add("events_per_commit", std::uint64_t{result.work.events_per_commit})
                            .add("commit_bytes", result.commit_bytes)
                            .add("commit_bytes_measured", result.commit_bytes_measured)
                            .add("cpu_of_others", result.cpu_of_others)
                            .add("stores", rows));
  }
  std::vector<json_object> goals;
  for (const auto& one : goals_of(results)) {
    json_object out;
    out.add("goal", one.text).add(one.at_most ? "at_most" : "at_least", one.limit);
    if (one.reached) out.add("reached", to_json(*one.reached)).add("met", one.met());
    goals.push_back(out);
  }
  return json_object()
      .add("host", host)
      .add("durability", "synced")
      .add("payload_bytes", std::uint64_t{options.payload_bytes})
      .add("streams", std::uint64_t{options.streams})
      .add("rounds", std::uint64_t{options.rounds})
      .add("slice_seconds", options.slice_length.count())
      .add("workloads", workloads)
      .add("goals", goals);
}

}  // namespace mainstem::bench
