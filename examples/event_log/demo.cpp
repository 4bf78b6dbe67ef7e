// SPDX-License-Identifier: Apache-2.0
#include "demo.h"

#include <sys/stat.h>
#include <sys/vfs.h>

#include <filesystem>
#include <iostream>

#include "common/interruption.h"
#include "common/problem.h"
#include "common/progress_line.h"
#include "csv_log.h"
#include "figures.h"
#include "options.h"
#include "order_workload.h"
#include "report.h"
#include "supervisor.h"
#include "verification.h"
#include "work_files.h"
#include "writer.h"

namespace event_log {
namespace {

namespace fs = std::filesystem;

outcome<workload_builder> read_input(const options& chosen) {
  auto builder = chosen.csv ? read_csv_log(*chosen.csv)
                            : make_orders(chosen.events, chosen.orders, chosen.seed);
  if (builder) builder->finish(chosen.seed);
  return builder;
}

std::uint64_t blocks_below(const std::string& folder) {
  std::uint64_t bytes = 0;
  std::error_code ec;
  for (const auto& entry : fs::recursive_directory_iterator(folder, ec)) {
    struct stat found {};
    if (::lstat(entry.path().c_str(), &found) == 0)
      bytes += static_cast<std::uint64_t>(found.st_blocks) * 512;
  }
  return bytes;
}

bool is_in_memory(const std::string& folder) {
  constexpr long tmpfs_magic = 0x01021994;
  struct statfs found {};
  return ::statfs(folder.c_str(), &found) == 0 && found.f_type == tmpfs_magic;
}

run_figures describe(const options& chosen, const workload_view& workload) {
  run_figures run;
  run.source =
      chosen.csv ? chosen.csv->path : "an order workload, seed " + std::to_string(chosen.seed);
  run.rows = workload.rows.size();
  run.streams = workload.streams.size();
  run.types = workload.types.size();
  for (const row& each : workload.rows) run.payload_bytes += each.payload.size;
  run.has_counter = workload.has_counter;
  run.counters = count_counters(workload);
  run.threads = chosen.threads;
  run.settings = workload.settings;
  return run;
}

/// Everything between the checked input and the figures.
outcome<run_figures> run_all(const options& chosen, const workload_view& workload,
                             const work_folder& work, const std::string& store) {
  run_figures run = describe(chosen, workload);
  run.store = store;
  if (auto r = save_workload(workload, rows_in(work)); !r) return r.error();
  if (auto r = supervisor(chosen, workload, work, store).run(run); !r) return r.error();
  progress_line progress;
  progress.say("reading everything back");
  auto found = verify(workload, store, acknowledgements_in(work));
  if (!found) return found.error();
  run.verification = *found;
  run.disk_bytes = blocks_below(store);
  run.on_memory_file_system = is_in_memory(store);
  return run;
}

outcome<void> report(const options& chosen, const run_figures& run) {
  print_table(std::cout, run);
  std::cout.flush();
  if (run.kills() < chosen.kills)
    std::cerr << "event_log: the writer had come to its end before it could be killed again\n";
  print_remarks(std::cerr, run.verification);
  if (!chosen.json.empty())
    if (auto r = save_json(run, chosen.json); !r) return r;
  if (!run.verification.all_well()) return failure("the store is not what was written");
  return {};
}

outcome<void> load(const options& chosen) {
  if (!chosen.store.empty())
    if (auto r = check_unused(chosen.store, "the store"); !r) return r;
  outcome<workload_builder> input = failure("");
  {
    progress_line progress;
    progress.say("reading and checking the input");
    input = read_input(chosen);
  }
  if (!input) return input.error();
  catch_interruptions();  // From here on there is something to clear away.
  auto work = chosen.work.empty() ? work_folder::make_temporary("event_log")
                                  : work_folder::make(chosen.work);
  if (!work) return work.error();
  const std::string store = chosen.store.empty() ? work->file("store") : chosen.store;
  const auto run = run_all(chosen, input->view(), *work, store);
  outcome<void> done = run ? report(chosen, *run) : outcome<void>(run.error());
  if (!done && done.error().exit_status == exit_failed) {
    work->keep();
    std::cerr << "event_log: kept for a look: " << work->path() << '\n';
  }
  return done;
}

outcome<void> verify_again(const options& chosen) {
  const work_folder work = work_folder::at(chosen.work);
  const auto workload = mapped_workload::open(rows_in(work));
  if (!workload) return workload.error();
  const auto found = verify(workload->view(), chosen.store, acknowledgements_in(work));
  if (!found) return found.error();
  std::cout << grouped(found->events) << " events, " << grouped(found->acknowledged)
            << " acknowledged, " << grouped(found->lost) << " lost\n";
  print_remarks(std::cerr, *found);
  if (!found->all_well()) return failure("the store is not what was written");
  return {};
}

outcome<void> run_verb(const options& chosen) {
  switch (chosen.verb) {
    case verb::demo:
    case verb::load: return load(chosen);
    case verb::verify: return verify_again(chosen);
    case verb::help: std::cout << usage(); return {};
    case verb::writer: break;
  }
  return {};
}

}  // namespace

int run_program(const std::vector<std::string>& arguments) {
  const auto chosen = parse_options(arguments);
  if (chosen && chosen->verb == verb::writer) return run_writer(*chosen);
  const outcome<void> done = chosen ? run_verb(*chosen) : outcome<void>(chosen.error());
  if (done) return exit_ok;
  std::cerr << "event_log: " << done.error().text << '\n';
  return done.error().exit_status;
}

}  // namespace event_log
