// SPDX-License-Identifier: Apache-2.0
#include "supervisor.h"

#include <signal.h>

#include <algorithm>
#include <thread>

#include "acknowledgements.h"
#include "common/interruption.h"

namespace event_log {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

std::string words_for(const process_end& end, const board& told) {
  if (told.state == writer_state::failed)
    return std::string("the writer failed: ") + told.message.data();
  if (end.signal != 0) return "the writer was ended by signal " + std::to_string(end.signal);
  return "the writer ended with status " + std::to_string(end.status);
}

}  // namespace

struct supervisor::writer_process {
  shared_board told;
  child_process child;
  file_events events;
  segment_watch segments;
  index_watch index;

  writer_process(shared_board board, child_process process, const std::string& store)
      : told(std::move(board)),
        child(std::move(process)),
        segments(store + "/log"),
        index(store + "/index/data.mdb") {}
};

supervisor::supervisor(const options& chosen, const workload_view& workload,
                       const work_folder& work, std::string store)
    : chosen_(chosen),
      workload_(workload),
      work_(work),
      store_(std::move(store)),
      plan_(workload.rows.size(), chosen.kills, chosen.seed),
      random_(chosen.seed ^ 0x6b696c6cU),
      latencies_(std::make_unique<latency_histogram>()) {}

outcome<void> supervisor::run(run_figures& into) {
  while (true) {
    const auto finished = run_next(into);
    if (!finished) return finished.error();
    if (*finished) break;
  }
  into.p50 = latencies_->quantile(0.5);
  into.p99 = latencies_->quantile(0.99);
  into.p999 = latencies_->quantile(0.999);
  return {};
}

/// Answers whether every row is in.
outcome<bool> supervisor::run_next(run_figures& into) {
  const auto number = static_cast<std::uint32_t>(into.processes.size() + 1);
  const bool last = kills_ == chosen_.kills;
  const planned_kill planned =
      last ? planned_kill{} : plan_.next(kills_, segment_change_met_, index_flush_met_);
  auto told = shared_board::create(board_in(work_, number));
  if (!told) return told.error();
  (*told)->limit = last ? ~std::uint64_t{0} : planned.latest;
  auto child = child_process::start(
      "event_log", {"writer", "--store", store_, "--work", work_.path(), "--threads",
                    std::to_string(chosen_.threads), "--number", std::to_string(number)});
  if (!child) return child.error();
  writer_process writer(*told, std::move(*child), store_);

  process_figures process;
  process.number = number;
  bool finished = true;
  if (!last) {
    const auto alive = wait_for_moment(writer, planned);
    if (!alive) return alive.error();
    if (auto r = kill(writer, planned, process); !r) return r.error();
    finished = !process.killed;
  }
  if (finished)
    if (auto r = wait_for_end(writer); !r) return r.error();
  add_up(**told, process, into);
  return finished;
}

outcome<bool> supervisor::look(writer_process& writer) {
  progress_.count(writer.told->acknowledged.load(std::memory_order_acquire), workload_.rows.size(),
                  kills_);
  if (interrupted()) return problem{"interrupted", exit_interrupted};
  return !writer.child.ended().has_value();
}

outcome<void> supervisor::wait_for_end(writer_process& writer) {
  while (true) {
    auto alive = look(writer);
    if (!alive) return alive.error();
    if (!*alive) break;
    std::this_thread::sleep_for(milliseconds(2));
  }
  const process_end end = *writer.child.ended();
  if (end.signal == 0 && end.status == 0 && writer.told->state == writer_state::finished) return {};
  // Keys pressed at a terminal reach both processes.
  if (interrupted() || end.signal == SIGINT) return problem{"interrupted", exit_interrupted};
  return failure(words_for(end, *writer.told));
}

outcome<bool> supervisor::wait_for_state(writer_process& writer, writer_state least) {
  while (writer.told->state.load() < least) {
    auto alive = look(writer);
    if (!alive || !*alive) return alive;
    std::this_thread::sleep_for(microseconds(100));
  }
  return true;
}

outcome<bool> supervisor::wait_for_rows(writer_process& writer, std::uint64_t rows) {
  while (writer.told->acknowledged.load(std::memory_order_acquire) < rows) {
    auto alive = look(writer);
    if (!alive || !*alive) return alive;
    std::this_thread::sleep_for(microseconds(500));
  }
  return true;
}

/// Until what is aimed at is seen, or the writer is as far as it may come.
outcome<bool> supervisor::wait_for_sight(writer_process& writer, const planned_kill& kill) {
  const bool flush = kill.at == aim::index_flush;
  if (flush) {
    writer.index.arm(writer.events);
  } else {
    writer.segments.arm(writer.events);
  }
  while (writer.told->acknowledged.load(std::memory_order_acquire) < kill.latest) {
    if (flush ? writer.index.flush_begun() : writer.segments.change_begun(writer.events))
      return true;
    auto alive = look(writer);
    if (!alive || !*alive) return alive;
    writer.events.wait(milliseconds(1));
  }
  return true;
}

outcome<bool> supervisor::wait_for_moment(writer_process& writer, const planned_kill& kill) {
  if (kill.at == aim::opening) {
    if (auto r = wait_for_state(writer, writer_state::opening); !r || !*r) return r;
    const auto most =
        static_cast<std::uint64_t>(std::max(last_recovery_, nanoseconds(1'000'000)).count());
    std::this_thread::sleep_for(nanoseconds(random_.below(most)));
    return true;
  }
  if (auto r = wait_for_state(writer, writer_state::writing); !r || !*r) return r;
  writer.segments.arm(writer.events);
  if (auto r = wait_for_rows(writer, kill.not_before); !r || !*r) return r;
  if (kill.at != aim::any_moment) return wait_for_sight(writer, kill);
  std::this_thread::sleep_for(nanoseconds(random_.below(2'000'000)));
  return true;
}

outcome<void> supervisor::kill(writer_process& writer, const planned_kill& planned,
                               process_figures& into) {
  if (writer.child.kill().signal != SIGKILL) return {};  // It came to its end by itself.
  ++kills_;
  into.killed = true;
  into.aimed_at = planned.at;
  into.in_opening = writer.told->state < writer_state::writing;
  if (into.in_opening) return {};
  const auto acknowledged = read_acknowledgements(acknowledgements_in(work_));
  if (!acknowledged) return acknowledged.error();
  std::uint64_t last_position = 0;
  for (const acknowledgement& each : *acknowledged)
    last_position = std::max(last_position, each.position);
  into.in_segment_change = writer.segments.died_in_change(last_position);
  into.in_index_flush = planned.at == aim::index_flush && writer.index.died_in_flush();
  segment_change_met_ |= into.in_segment_change;
  index_flush_met_ |= into.in_index_flush;
  return {};
}

void supervisor::add_up(const board& told, process_figures& process, run_figures& into) {
  process.opened = told.state >= writer_state::writing;
  process.commits = told.commits;
  process.retries_already_committed = told.retries_already_committed;
  process.clean = told.clean;
  process.index_rebuilt = told.index_rebuilt;
  process.recovery = nanoseconds(told.recovery_nanoseconds.load());
  process.events_replayed = told.events_replayed;
  process.events_rewritten = told.events_rewritten;
  process.bytes_cut = told.bytes_cut;
  if (process.opened) last_recovery_ = process.recovery;
  into.conflicts += told.conflicts;
  if (told.last_commit_at_nanoseconds > told.opened_at_nanoseconds)
    into.writing += nanoseconds(told.last_commit_at_nanoseconds - told.opened_at_nanoseconds);
  latencies_->add(told.latencies);
  into.processes.push_back(process);
}

}  // namespace event_log
