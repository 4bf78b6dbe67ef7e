// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "board.h"
#include "common/child_process.h"
#include "common/latency_histogram.h"
#include "common/problem.h"
#include "common/progress_line.h"
#include "common/random.h"
#include "common_names.h"
#include "figures.h"
#include "kill_plan.h"
#include "options.h"
#include "store_watch.h"
#include "work_files.h"
#include "workload.h"

namespace event_log {

/// Starts writer processes, one after the other, kills them as planned, and lets the last one
/// finish. It has no store of its own open meanwhile.
class supervisor {
 public:
  supervisor(const options& chosen, const workload_view& workload, const work_folder& work,
             std::string store);

  /// Fills in processes, conflicts, writing and the latencies.
  /// Errors: failure, with what the writer said; interrupted.
  [[nodiscard]] outcome<void> run(run_figures& into);

 private:
  struct writer_process;
  [[nodiscard]] outcome<bool> run_next(run_figures& into);
  [[nodiscard]] outcome<void> wait_for_end(writer_process& writer);
  /// Answers false if the writer came to its end before.
  [[nodiscard]] outcome<bool> wait_for_moment(writer_process& writer, const planned_kill& kill);
  [[nodiscard]] outcome<bool> wait_for_rows(writer_process& writer, std::uint64_t rows);
  [[nodiscard]] outcome<bool> wait_for_state(writer_process& writer, writer_state least);
  [[nodiscard]] outcome<bool> wait_for_sight(writer_process& writer, const planned_kill& kill);
  /// To be called often. Answers whether the writer is still there.
  [[nodiscard]] outcome<bool> look(writer_process& writer);
  [[nodiscard]] outcome<void> kill(writer_process& writer, const planned_kill& planned,
                                   process_figures& into);
  void add_up(const board& told, process_figures& process, run_figures& into);

  const options& chosen_;
  const workload_view& workload_;
  const work_folder& work_;
  std::string store_;
  kill_plan plan_;
  random_numbers random_;
  progress_line progress_;
  std::uint32_t kills_ = 0;
  bool segment_change_met_ = false;
  bool index_flush_met_ = false;
  std::chrono::nanoseconds last_recovery_{};
  std::unique_ptr<latency_histogram> latencies_;
};

}  // namespace event_log
