// SPDX-License-Identifier: Apache-2.0
#include "writer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include <mainstem/store.h>

#include "acknowledgements.h"
#include "board.h"
#include "row_table.h"
#include "store_access.h"
#include "work_files.h"
#include "workload.h"

namespace event_log {
namespace {

namespace ms = mainstem;

std::uint64_t steady_nanoseconds() {
  return static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

/// What all threads of the process share.
struct shared_state {
  const workload_view& workload;
  const row_table& table;
  const std::vector<bool>& acknowledged;  ///< Per row: by an earlier process.
  const record_file& file;
  ms::store& store;
  board& told;
  std::uint32_t threads;
  std::atomic<bool> stop{false};
};

/// Writes the rows of every `threads`-th stream, so that one stream's rows stay in order.
class stream_writer {
 public:
  stream_writer(shared_state& shared, std::uint32_t number)
      : shared_(shared), number_(number), stored_(shared.workload.streams.size()) {}

  outcome<void> run() {
    if (auto r = ask_where_streams_stopped(); !r) return r;
    if (auto r = retry_stored_rows(); !r) return r;
    const auto& rows = shared_.workload.rows;
    for (std::uint32_t i = 0; i < rows.size() && !shared_.stop; ++i) {
      if (!is_mine(rows[i].stream) || rows[i].version <= stored_[rows[i].stream]) continue;
      wait_below_limit();
      if (auto r = write(i); !r) return r;
    }
    return {};
  }

 private:
  [[nodiscard]] bool is_mine(std::uint32_t stream) const {
    return stream % shared_.threads == number_;
  }

  outcome<void> ask_where_streams_stopped() {
    for (std::uint32_t stream = number_; stream < stored_.size(); stream += shared_.threads) {
      const auto info = shared_.store.stream_info(name_of(stream));
      if (!info) return failure("stream_info: " + info.error().message());
      stored_[stream] = static_cast<std::uint32_t>(info->version.value());
    }
    return {};
  }

  /// Submits again what the store has though nobody was told so, and a few rows beyond. A process
  /// that was killed between commit and acknowledgement could know no better.
  outcome<void> retry_stored_rows() {
    int beyond = 2;
    for (std::uint32_t stream = number_; stream < stored_.size(); stream += shared_.threads) {
      const auto rows = shared_.table.rows_of(stream);
      for (std::uint32_t version = 1; version <= stored_[stream] && version <= rows.size();
           ++version) {
        const std::uint32_t index = rows[version - 1];
        const bool last = version == stored_[stream];
        if (shared_.acknowledged[index] && !(last && beyond-- > 0)) continue;
        if (auto r = retry(index); !r) return r;
      }
    }
    return {};
  }

  outcome<void> retry(std::uint32_t index) {
    const auto answer = append(index);
    if (!answer) return answer.error();
    const auto* const known = answer->already_committed();
    if (known == nullptr)
      return failure(words_for(index) +
                     " is stored; a retry of it was answered: " + answer->message());
    shared_.told.retries_already_committed.fetch_add(1, std::memory_order_relaxed);
    return acknowledge(index, known->last_position.value(), known->streams.front().version.value(),
                       !shared_.acknowledged[index]);
  }

  outcome<void> write(std::uint32_t index) {
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = append(index);
    const auto end = std::chrono::steady_clock::now();
    if (!answer) return answer.error();
    if (answer->version_conflict() != nullptr)
      shared_.told.conflicts.fetch_add(1, std::memory_order_relaxed);
    const auto* const committed = answer->committed();
    if (committed == nullptr)
      return failure(words_for(index) + " was to be new; the answer was: " + answer->message());
    shared_.told.latencies.record(end - begin);
    shared_.told.commits.fetch_add(1, std::memory_order_relaxed);
    shared_.told.last_commit_at_nanoseconds.store(steady_nanoseconds(), std::memory_order_relaxed);
    return acknowledge(index, committed->last_position.value(),
                       committed->streams.front().version.value(), true);
  }

  outcome<ms::append_outcome> append(std::uint32_t index) {
    const row& next = shared_.workload.rows[index];
    auto data = ms::event_data::make(shared_.workload.type_of(next),
                                     ms::json(shared_.workload.payload_of(next)),
                                     {.id = event_id_of(shared_.workload.settings.seed, index)});
    if (!data) return failure(words_for(index) + ": " + data.error().message());
    auto answer = shared_.store.append(name_of(next.stream),
                                       ms::exactly(ms::version(next.version - 1U)), {*data});
    if (!answer) return failure(words_for(index) + ": " + answer.error().message());
    return *answer;
  }

  outcome<void> acknowledge(std::uint32_t index, std::uint64_t position, std::uint64_t version,
                            bool first) {
    if (auto r = shared_.file.put(acknowledgement{index, position, version}); !r) return r;
    if (first) shared_.told.acknowledged.fetch_add(1, std::memory_order_release);
    return {};
  }

  void wait_below_limit() const {
    while (!shared_.stop && shared_.told.acknowledged.load(std::memory_order_relaxed) >=
                                shared_.told.limit.load(std::memory_order_relaxed))
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  [[nodiscard]] ms::stream_name name_of(std::uint32_t stream) const {
    return ms::stream_name(shared_.workload.stream_name(stream));
  }

  [[nodiscard]] std::string words_for(std::uint32_t index) const {
    const row& at = shared_.workload.rows[index];
    return "line " + std::to_string(at.line) + ", version " + std::to_string(at.version) + " of " +
           std::string(shared_.workload.stream_of(at));
  }

  shared_state& shared_;
  std::uint32_t number_;
  std::vector<std::uint32_t> stored_;  // Per stream of mine: its version in the store.
};

outcome<void> run_threads(shared_state& shared) {
  std::vector<std::optional<problem>> problems(shared.threads);
  std::vector<std::thread> threads;
  for (std::uint32_t number = 0; number < shared.threads; ++number) {
    threads.emplace_back([&shared, &problems, number] {
      if (auto r = stream_writer(shared, number).run(); !r) {
        problems[number] = r.error();
        shared.stop = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& each : problems)
    if (each) return *each;
  return {};
}

void tell_recovery(const ms::recovery_report& found, board& told) {
  told.clean = found.clean;
  told.index_rebuilt = found.index_rebuilt;
  told.events_replayed = found.events_replayed;
  told.events_rewritten = found.events_rewritten;
  told.bytes_cut = found.bytes_cut;
  told.recovery_nanoseconds = static_cast<std::uint64_t>(found.duration.count());
}

outcome<void> write_all(const options& chosen, const work_folder& work, board& told) {
  const auto workload = mapped_workload::open(rows_in(work));
  if (!workload) return workload.error();
  const row_table table(workload->view());
  const auto before = read_acknowledgements(acknowledgements_in(work));
  if (!before) return before.error();
  std::vector<bool> acknowledged(workload->view().rows.size());
  for (const acknowledgement& each : *before)
    if (each.row < acknowledged.size()) acknowledged[each.row] = true;
  told.acknowledged = static_cast<std::uint64_t>(std::ranges::count(acknowledged, true));
  const auto file = open_acknowledgements(acknowledgements_in(work));
  if (!file) return file.error();

  told.state = writer_state::opening;
  auto store = ms::store::open(chosen.store, options_for(workload->view().settings));
  if (!store) return failure("the store does not open: " + store.error().message());
  tell_recovery(store->recovery(), told);
  if (store->recovery().damage)
    return failure("the store is damaged: " + store->recovery().damage->message());
  told.opened_at_nanoseconds = steady_nanoseconds();
  told.state = writer_state::writing;

  shared_state shared{workload->view(), table, acknowledged, *file, *store, told, chosen.threads};
  if (auto r = run_threads(shared); !r) return r;
  told.state = writer_state::closing;
  if (const auto closed = store->close(); !closed)
    return failure("closing the store: " + closed.error().message());
  return {};
}

}  // namespace

int run_writer(const options& chosen) {
  const work_folder work = work_folder::at(chosen.work);
  const auto told = shared_board::open(board_in(work, chosen.number));
  if (!told) return exit_failed;
  if (const auto done = write_all(chosen, work, **told); !done) {
    const std::string text = done.error().text;
    text.copy((*told)->message.data(), (*told)->message.size() - 1);
    (*told)->state = writer_state::failed;
    return exit_failed;
  }
  (*told)->state = writer_state::finished;
  return exit_ok;
}

}  // namespace event_log
