// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>

#include "common/figures_table.h"
#include "common/json_text.h"
#include "common/progress_line.h"

namespace event_log {
namespace {

using std::chrono::nanoseconds;

double in_microseconds(nanoseconds time) { return static_cast<double>(time.count()) / 1e3; }
double in_milliseconds(nanoseconds time) { return static_cast<double>(time.count()) / 1e6; }

double per_event(std::uint64_t bytes, std::uint64_t events) {
  return events == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(events);
}

const char* aim_name(aim at) {
  switch (at) {
    case aim::any_moment: return "any moment";
    case aim::segment_change: return "segment change";
    case aim::index_flush: return "index flush";
    case aim::opening: return "opening";
  }
  return "";
}

void print_input(figures_table& lines, const run_figures& run) {
  lines.line("events", run.rows);
  lines.line("streams", run.streams);
  lines.line("types", run.types);
  lines.line("payload, mean", fixed(per_event(run.payload_bytes, run.rows), 0) + " B",
             "JSON, as stored");
  if (!run.has_counter) return;
  lines.line("version column: duplicates", run.counters.duplicates,
             "same value seen before in its stream");
  lines.line("version column: steps back", run.counters.steps_back,
             "below the row before in its stream");
  lines.line("version column: gaps", run.counters.gaps, "more than 1 above the row before");
}

void print_writing(figures_table& lines, const run_figures& run) {
  const std::string conditions = std::to_string(run.threads) +
                                 (run.threads == 1 ? " thread" : " threads") +
                                 ", 1 event per commit, synced";
  lines.line("commits", run.commits(), "told so; others were found after a kill");
  lines.line("conflicts", run.conflicts);
  lines.line("events per second", static_cast<std::uint64_t>(run.events_per_second()), conditions);
  lines.line("durable commit, p50", duration(run.p50), "the same; all processes together");
  lines.line("durable commit, p99", duration(run.p99));
  lines.line("durable commit, p99.9", duration(run.p999));
  lines.line("kills (SIGKILL)", run.kills());
  lines.line("  in a segment change", run.kills_in(&process_figures::in_segment_change),
             "new header written, nothing in it acknowledged");
  lines.line("  in an index flush", run.kills_in(&process_figures::in_index_flush),
             "pages written, transaction not finished");
  lines.line("  while opening", run.kills_in(&process_figures::in_opening));
  lines.line("retries, already committed", run.retries_already_committed());
}

void print_outcome(figures_table& lines, const run_figures& run) {
  const verification_figures& found = run.verification;
  lines.line("events acknowledged", found.acknowledged);
  lines.line("events lost", found.lost, "acknowledged, and not there exactly so");
  if (found.missing + found.different != 0) {
    lines.line("rows missing", found.missing);
    lines.line("events different", found.different);
  }
  lines.line("longest recovery", duration(run.longest_recovery()),
             "opening, of " + std::to_string(run.processes.size()) + " processes");
  lines.line("bytes on disk per event", fixed(per_event(run.disk_bytes, run.rows), 0),
             "all blocks below the store's folder: index and space made ahead too");
  lines.line("  of them frames and headers", fixed(per_event(found.log_bytes, run.rows), 0),
             "in " + std::to_string(found.segments) + " segments of " +
                 grouped(run.settings.segment_size_bytes) + " B");
  lines.line("digest", found.digests_equal ? "equal" : "NOT EQUAL",
             "input, by stream, by position");
}

void add_processes(json_writer& json, const run_figures& run) {
  json.begin_array("processes");
  for (const process_figures& each : run.processes) {
    json.begin_object();
    json.add("number", std::uint64_t{each.number});
    json.add("killed", each.killed);
    if (each.killed) json.add("aimed_at", aim_name(each.aimed_at));
    json.add("in_opening", each.in_opening);
    json.add("in_segment_change", each.in_segment_change);
    json.add("in_index_flush", each.in_index_flush);
    json.add("opened", each.opened);
    json.add("commits", each.commits);
    json.add("retries_already_committed", each.retries_already_committed);
    json.add("recovery_milliseconds", in_milliseconds(each.recovery));
    json.add("clean", each.clean);
    json.add("index_rebuilt", each.index_rebuilt);
    json.add("events_replayed", each.events_replayed);
    json.add("events_rewritten", each.events_rewritten);
    json.add("bytes_cut", each.bytes_cut);
    json.end_object();
  }
  json.end_array();
}

void add_conditions(json_writer& json, const run_figures& run) {
  json.begin_object("conditions");
  json.add("threads", std::uint64_t{run.threads});
  json.add("events_per_commit", std::uint64_t{1});
  json.add("durability", "synced");
  json.add("payload_bytes_mean", per_event(run.payload_bytes, run.rows));
  json.add("segment_size_bytes", run.settings.segment_size_bytes);
  json.add("index_flush_events", run.settings.index_flush_events);
  json.add("index_flush_milliseconds", run.settings.index_flush_milliseconds);
  json.add("seed", run.settings.seed);
  json.add("on_memory_file_system", run.on_memory_file_system);
  json.end_object();
}

void add_writing(json_writer& json, const run_figures& run) {
  json.add("commits", run.commits());
  json.add("conflicts", run.conflicts);
  json.add("events_per_second", run.events_per_second());
  json.add("writing_seconds", std::chrono::duration<double>(run.writing).count());
  json.add("durable_commit_p50_microseconds", in_microseconds(run.p50));
  json.add("durable_commit_p99_microseconds", in_microseconds(run.p99));
  json.add("durable_commit_p999_microseconds", in_microseconds(run.p999));
  json.add("kills", run.kills());
  json.add("kills_in_segment_change", run.kills_in(&process_figures::in_segment_change));
  json.add("kills_in_index_flush", run.kills_in(&process_figures::in_index_flush));
  json.add("kills_in_opening", run.kills_in(&process_figures::in_opening));
  json.add("retries_already_committed", run.retries_already_committed());
  json.add("longest_recovery_milliseconds", in_milliseconds(run.longest_recovery()));
}

void add_verification(json_writer& json, const run_figures& run) {
  const verification_figures& found = run.verification;
  json.add("events_in_store", found.events);
  json.add("events_acknowledged", found.acknowledged);
  json.add("events_lost", found.lost);
  json.add("rows_missing", found.missing);
  json.add("events_different", found.different);
  json.add("digests_equal", found.digests_equal);
  json.add("input_digest", found.digest);
  json.add("closed_cleanly", found.closed_cleanly);
  json.add("disk_bytes", run.disk_bytes);
  json.add("disk_bytes_per_event", per_event(run.disk_bytes, run.rows));
  json.add("log_bytes", found.log_bytes);
  json.add("log_bytes_per_event", per_event(found.log_bytes, run.rows));
  json.add("segments", found.segments);
}

}  // namespace

void print_table(std::ostream& out, const run_figures& run) {
  out << "\nevent_log: " << run.source << '\n';
  figures_table lines(out);
  print_input(lines, run);
  print_writing(lines, run);
  print_outcome(lines, run);
  if (run.on_memory_file_system)
    out << "  The store's folder is in memory: a sync costs nothing there and proves nothing.\n";
}

void print_remarks(std::ostream& out, const verification_figures& found) {
  for (const std::string& remark : found.remarks) out << "event_log: " << remark << '\n';
}

std::string to_json(const run_figures& run) {
  json_writer json;
  json.begin_object();
  json.add("source", run.source);
  json.add("store", run.store);
  json.add("events", run.rows);
  json.add("streams", run.streams);
  json.add("types", run.types);
  if (run.has_counter) {
    json.begin_object("version_column");
    json.add("duplicates", run.counters.duplicates);
    json.add("steps_back", run.counters.steps_back);
    json.add("gaps", run.counters.gaps);
    json.end_object();
  }
  add_writing(json, run);
  add_verification(json, run);
  add_conditions(json, run);
  add_processes(json, run);
  json.end_object();
  return json.take();
}

outcome<void> save_json(const run_figures& run, const std::string& path) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << to_json(run);
  out.close();
  if (!out) return failure(path + ": cannot be written: " + std::strerror(errno));
  return {};
}

}  // namespace event_log
