// SPDX-License-Identifier: Apache-2.0
#include "demo.h"

#include <iostream>

#include "common/interruption.h"
#include "common/problem.h"
#include "follower.h"
#include "options.h"
#include "report.h"
#include "supervisor.h"
#include "verification.h"
#include "work_files.h"
#include "writer.h"

namespace checkout {
namespace {

outcome<void> judge(const verification_figures& found) {
  print_remarks(std::cerr, found);
  if (!found.all_well()) return failure("the store is not what it should be");
  return {};
}

outcome<void> run_all(const options& chosen, const work_folder& work, const std::string& store) {
  const auto writing = supervisor(chosen, work, store).run();
  if (!writing) return writing.error();
  const auto found = verify(store, work);
  if (!found) return found.error();
  print_demo(std::cout, chosen, *writing, *found);
  std::cout.flush();
  return judge(*found);
}

outcome<void> demo(const options& chosen) {
  if (!chosen.store.empty())
    if (auto r = check_unused(chosen.store, "the store"); !r) return r;
  catch_interruptions();  // From here on there is something to clear away.
  auto work = chosen.work.empty() ? work_folder::make_temporary("checkout")
                                  : work_folder::make(chosen.work);
  if (!work) return work.error();
  const std::string store = chosen.store.empty() ? work->file("store") : chosen.store;
  outcome<void> done = run_all(chosen, *work, store);
  if (!done && done.error().exit_status == exit_failed) {
    work->keep();
    std::cerr << "checkout: kept for a look: " << work->path() << '\n';
  }
  return done;
}

outcome<void> verify_again(const options& chosen) {
  const auto found = verify(chosen.store, work_folder::at(chosen.work));
  if (!found) return found.error();
  print_verification(std::cout, *found);
  return judge(*found);
}

outcome<void> run_verb(const options& chosen) {
  switch (chosen.verb) {
    case verb::demo: return demo(chosen);
    case verb::verify: return verify_again(chosen);
    case verb::follow: return follow(chosen);
    case verb::help: std::cout << usage(); return {};
    case verb::writer:
    case verb::follower: break;
  }
  return {};
}

}  // namespace

int run_program(const std::vector<std::string>& arguments) {
  const auto chosen = parse_options(arguments);
  if (chosen && chosen->verb == verb::writer) return run_writer(*chosen);
  if (chosen && chosen->verb == verb::follower) return run_follower(*chosen);
  const outcome<void> done = chosen ? run_verb(*chosen) : outcome<void>(chosen.error());
  if (done) return exit_ok;
  std::cerr << "checkout: " << done.error().text << '\n';
  return done.error().exit_status;
}

}  // namespace checkout
