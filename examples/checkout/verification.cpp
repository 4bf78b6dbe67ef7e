// SPDX-License-Identifier: Apache-2.0
#include "verification.h"

#include <mainstem/store.h>

#include "acknowledgements.h"
#include "checkpoint_file.h"
#include "common/interruption.h"
#include "log_check.h"

namespace checkout {
namespace {

namespace ms = mainstem;

/// Whether the events of a commit stand where its caller was told.
bool stands_there(const acknowledgement& told, const std::vector<ms::event_id>& ids) {
  if (told.first_position == 0 || told.first_position > told.last_position ||
      told.last_position > ids.size())
    return false;
  const ms::event_id id(told.id);
  for (std::uint64_t at = told.first_position; at <= told.last_position; ++at)
    if (ids[at - 1] != id) return false;
  return true;
}

outcome<sales_view> read_log(const ms::store& store, log_check& check) {
  sales_view view;
  auto reader = store.read_all();
  while (true) {
    const auto batch = reader.next();
    if (interrupted()) return problem{"interrupted", exit_interrupted};
    if (!batch) return failure("reading the log: " + batch.error().message());
    if (batch->empty()) return view;
    for (const ms::event_view& event : *batch) {
      check.take(event);
      if (const auto taken = view.take(event); !taken) check.remark(taken.error().text);
    }
  }
}

void compare(const std::vector<acknowledgement>& acknowledged, log_check& check,
             verification_figures& found) {
  std::set<std::uint64_t> commits;
  for (const acknowledgement& told : acknowledged) {
    commits.insert(told.first_position);
    if (stands_there(told, check.ids())) continue;
    ++found.lost;
    check.remark("command " + ms::event_id(told.id).to_string() + " was acknowledged at position " +
                 std::to_string(told.first_position) + ", and is not there");
  }
  found.acknowledged = commits.size();
}

void compare(const sales_view& followed, const sales_view& log, log_check& check,
             verification_figures& found) {
  found.followed = followed.position;
  found.follower_agrees = followed.position == log.position && followed.digest == log.digest &&
                          followed.sold == log.sold;
  if (!found.follower_agrees) check.remark("the follower has not seen what is in the log");
}

}  // namespace

outcome<verification_figures> verify(const std::string& store, const work_folder& work) {
  const auto acknowledged = read_acknowledgements(acknowledgements_in(work));
  if (!acknowledged) return acknowledged.error();
  const auto followed = checkpoint_file(checkpoint_in(work)).load();
  if (!followed) return followed.error();
  auto opened = ms::store::open(store, {.create_if_missing = false});
  if (!opened) return failure("the store does not open: " + opened.error().message());
  if (opened->recovery().damage)
    return failure("the store is damaged: " + opened->recovery().damage->message());

  verification_figures found;
  log_check check(found);
  const auto log = read_log(*opened, check);
  if (!log) return log.error();
  check.finish();
  compare(*acknowledged, check, found);
  compare(*followed, *log, check, found);
  found.closed_cleanly = opened->recovery().clean;
  if (!found.closed_cleanly) check.remark("the store had not been closed properly");
  if (const auto closed = opened->close(); !closed)
    return failure("closing the store: " + closed.error().message());
  return found;
}

}  // namespace checkout
