// SPDX-License-Identifier: Apache-2.0
#include "open/child.h"

#include <mainstem/store.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <sstream>
#include <stdexcept>

#include "common/event_plan.h"
#include "common/host.h"

namespace mainstem::bench {

namespace {

constexpr std::size_t commit_events = 1'024;

template <class... Words>
void say(const Words&... words) {
  std::ostringstream out;
  ((out << words << ' '), ...);
  out << '\n';
  const auto line = out.str();
  // In one write, so that a kill cannot leave half a line.
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    throw std::runtime_error("the parent does not listen");
}

/// Appends commits of 1,024 events to streams in random order.
class appender {
 public:
  appender(store& target, const child_task& task)
      : store_(target),
        material_(task.streams, task.payload_bytes),
        heads_(task.streams),
        plan_(material_, heads_, 0, 1, static_cast<std::uint64_t>(::getpid())),
        durability_(task.buffered ? durability::buffered : durability::synced) {}

  /// @param versions_known whether this process has made all events of the store.
  position append_commit(bool versions_known) {
    append_request request;
    for (const auto& event : plan_.draw(commit_events))
      request.write(stream_name(event.stream),
                    versions_known ? exactly(version(event.version_before)) : any,
                    {event_data(event_type, binary(event.payload))});
    const auto outcome = store_.append(request, {.durability = durability_}).value();
    if (outcome.committed() == nullptr) throw std::runtime_error(outcome.message());
    plan_.committed();
    return outcome.committed()->last_position;
  }

 private:
  store& store_;
  event_material material_;
  stream_heads heads_;
  event_plan plan_;
  durability durability_;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

store open_and_tell(const child_task& task) {
  const store_options options{.preallocation =
                                  task.reserve ? preallocation::reserve : preallocation::zero_fill};
  const auto start = std::chrono::steady_clock::now();
  auto opened = store::open(task.folder, options).value();
  const double seconds = seconds_since(start);
  const auto& report = opened.recovery();
  say("opened", seconds, report.last_position, report.events_replayed, report.events_rewritten,
      report.bytes_cut, int{report.clean}, int{report.index_rebuilt},
      int{report.damage.has_value()});
  return opened;
}

void fill(store& target, appender& events, const child_task& task) {
  const auto before = written_so_far(task.folder);
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t done = 0; done < task.fill_events; done += commit_events)
    (void)events.append_commit(true);
  target.flush().value();
  const double seconds = seconds_since(start);
  const auto info = target.info();
  const auto after = written_so_far(task.folder);
  say("filled", seconds, info.durable, after.to_calls - before.to_calls,
      after.dirtied - before.dirtied, after.to_disk - before.to_disk, info.log_bytes,
      info.index_bytes, info.index_flushes);
}

}  // namespace

std::vector<std::string> child_task::to_words() const {
  return {folder.string(),
          std::to_string(fill_events),
          std::to_string(streams),
          std::to_string(payload_bytes),
          std::to_string(int{reserve}),
          std::to_string(int{buffered})};
}

child_task child_task::from_words(const std::vector<std::string>& words) {
  if (words.size() != 6) throw std::invalid_argument("a child is started by its parent alone");
  return {.folder = words[0],
          .fill_events = std::stoull(words[1]),
          .streams = std::stoull(words[2]),
          .payload_bytes = std::stoull(words[3]),
          .reserve = words[4] == "1",
          .buffered = words[5] == "1"};
}

void run_child(const child_task& task) {
  // A child must not outlive a parent that was interrupted.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  auto target = open_and_tell(task);
  appender events(target, task);
  if (task.fill_events != 0) fill(target, events, task);
  for (;;) say("acknowledged", events.append_commit(task.fill_events != 0));
}

}  // namespace mainstem::bench
