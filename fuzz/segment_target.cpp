// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <string>

#include "base/fake_clock.h"
#include "format/event_access.h"
#include "known_events.h"
#include "log/log_follower.h"
#include "log/recovery.h"
#include "log/segment_files.h"
#include "os/simulated_disk.h"
#include "parts.h"
#include "reseal.h"

namespace mainstem::fuzz {
namespace {

constexpr std::uint64_t segment_bytes = 4096;
constexpr std::size_t most_segments = 2;

/// Payloads by position.
using read_events = std::map<std::uint64_t, std::string>;

/// A disk with a log, made of an input.
class fuzzed_log {
 public:
  explicit fuzzed_log(input from) {
    const auto flags = from.take<std::uint8_t>();
    evidence_ = position(from.take<std::uint8_t>());
    const resealing what{
        .header = (flags & 1U) != 0, .frames = (flags & 2U) != 0, .chain = (flags & 4U) != 0};
    const bool padded = (flags & 8U) != 0;
    // A size that a header claims may be any; a disk that gives it is not what is tested.
    disk_.set_capacity(1U << 20U);
    require(disk_.open_directory("log", true).has_value(), "a folder is made");
    std::uint64_t chain = 0;
    for (std::uint32_t number = 1; number <= most_segments && !from.empty(); ++number) {
      const auto taken = from.take_long();
      byte_vector bytes(taken.begin(), taken.end());
      if (padded && bytes.size() < segment_bytes) bytes.resize(segment_bytes);
      reseal_segment(bytes, the_store(), what, chain);
      disk_.put("log/" + log::segment_file_name(number), bytes);
      known_.add_file(bytes);
    }
  }

  [[nodiscard]] const known_events& known() const noexcept { return known_; }
  [[nodiscard]] position evidence() const noexcept { return evidence_; }
  [[nodiscard]] std::shared_ptr<os::directory> folder() {
    return disk_.open_directory("log", false).value();
  }
  [[nodiscard]] result<log::recovered_log> recover(bool accept_loss) {
    log::segment_files files(
        folder(), the_store(),
        {.segment_size_bytes = segment_bytes, .access = log::read_access::copied}, clock_);
    log::recovery_request request;
    request.evidence = evidence_;
    request.accept_loss = accept_loss;
    return log::recover(files, request);
  }

 private:
  os::simulated_disk disk_;
  fake_clock clock_;
  known_events known_;
  position evidence_;
};

/// Notes the events of a commit; each of them must be known.
void note(const format::frame_prefix& prefix, byte_span frame, const known_events& known,
          read_events& into) {
  const auto body = frame.subspan(format::prefix_bytes(prefix.stream_count));
  const auto table = format::decode_stream_table(body, prefix.stream_count, prefix.body_digest);
  require(table.has_value(), "a commit that is handed out has its names");
  format::record_cursor cursor(body, table->size_bytes, prefix.body_digest);
  while (const auto record = cursor.next(true)) {
    const auto event = detail::event_access::make_view(
        position(prefix.first_position + record->ordinal),
        version(format::first_version_of(frame, record->stream_index) + record->stream_ordinal),
        prefix.timestamp, table->names[record->stream_index], *record);
    require(known.contains(event), "an event that is handed out stands in the log");
    into[event.position().value()] = event.payload_text();
  }
  require(cursor.at_end(), "a commit that is handed out is whole");
}

read_events replay_all(const log::recovered_log& log, const known_events& known) {
  read_events events;
  const auto replayed =
      log::replay(log.segments, {}, the_store(),
                  [&](const log::segment&, std::uint64_t, const format::frame_prefix& prefix,
                      byte_span frame) -> result<void> {
                    note(prefix, frame, known, events);
                    return {};
                  });
  require(replayed.has_value() || log.damage, "an undamaged log is replayed to its end");
  for (const auto& segment : log.segments) {
    (void)segment->sparse_table();
    (void)segment->seek(segment->last_position());
  }
  return events;
}

void follow(fuzzed_log& log) {
  log::log_follower follower(log.folder(), the_store(), log::read_access::copied, {});
  read_events events;
  const auto proven = follower.proven();
  if (!proven) return;
  (void)follower.advance({.last = *proven, .segment = 0},
                         [&](const log::segment&, std::uint64_t, const format::frame_prefix& prefix,
                             byte_span frame) -> result<void> {
                           note(prefix, frame, log.known(), events);
                           return {};
                         });
}

void run(byte_span bytes) {
  fuzzed_log log{input(bytes)};
  follow(log);
  auto first = log.recover(false);
  if (!first) return;
  read_events events = replay_all(*first, log.known());
  if (first->damage) {
    first = log.recover(true);
    if (!first) return;
    events = replay_all(*first, log.known());
  }
  // Opening twice changes nothing.
  const auto second = log.recover(false);
  require_success(second, "what was recovered can be recovered again");
  if (second->damage) require_success(result<void>(*second->damage), "what was recovered is sound");
  require(second->end.last == first->end.last, "what was recovered ends where it ended");
  require(replay_all(*second, log.known()) == events, "what was recovered reads as it did");
}

std::vector<byte_vector> seeds() {
  std::vector<byte_vector> all;
  for (const bool two : {false, true}) {
    for (const std::uint8_t flags : {std::uint8_t{8}, std::uint8_t{15}, std::uint8_t{11}}) {
      output to;
      to.add(flags).add(std::uint8_t{9});
      for (auto segment : some_segments(two)) {
        while (!segment.empty() && segment.back() == std::byte{}) segment.pop_back();
        segment.resize((segment.size() + 7) / 8 * 8);
        to.add_long(segment);
      }
      all.push_back(to.take());
    }
  }
  return all;
}

}  // namespace

extern const target segment_target;
const target segment_target{"segment", run, seeds};

}  // namespace mainstem::fuzz
