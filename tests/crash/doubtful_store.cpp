// SPDX-License-Identifier: Apache-2.0
#include "doubtful_store.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "engine/stream_cursor.h"
#include "index/canonical_digest.h"
#include "support/store_check.h"

namespace mainstem::test_support {

using lock = engine::store_core::lock;

void doubtful_store::read() {
  read_log();
  for (const auto& [name, positions] : model_.streams()) {
    read_stream(name);
    look_at_stream(name);
  }
}

void doubtful_store::go_on() {
  if (!bring_up_to_date()) ++refused_;
  append_to_each();
}

void doubtful_store::read_log() {
  const auto events = check_readable(core_.log(), model_, wrong_);
  const std::uint64_t above = model_.last() - last_;
  // The log is as it was: nothing of it may be missing for the sake of what is derived from it.
  if (events.gone > above) wrong_.add(std::to_string(events.gone - above) + " events are gone");
  if (events.refused != 0) wrong_.add(std::to_string(events.refused) + " events are refused");
}

/// What is answered ends where it should.
void doubtful_store::read_stream(const std::string& name) {
  const auto expected = model_.stream(name, last_);
  read_stream_options whole;
  whole.visibility = visibility::written;
  engine::stream_cursor cursor(core_.log(), stream_name(name), whole);
  std::vector<std::uint64_t> positions;
  for (;;) {
    auto batch = cursor.next();
    if (!batch) {
      ++refused_;
      if (!(batch.error() == error_condition::corruption))
        wrong_.add("stream " + name + ": " + batch.error().message());
      return;
    }
    if (batch->empty()) break;
    for (const auto& event : batch->events()) positions.push_back(event.position().value());
  }
  if (positions != expected)
    wrong_.add("stream " + name + " ends after " + std::to_string(positions.size()) +
               " events of " + std::to_string(expected.size()));
}

void doubtful_store::look_at_stream(const std::string& name) {
  const auto& log = core_.log();
  auto snapshot = engine::read_snapshot::take(log, visibility::written);
  if (!snapshot) {
    ++refused_;
    return;
  }
  const auto info = snapshot->info_of(index::hash_name(name, log.store().secret), name);
  // An index of a later time knows of events that are missing.
  const std::uint64_t known = std::max(last_, snapshot->index().flushed().last.value());
  const auto wanted = model_.info_of(name, known);
  if (!info) {
    ++refused_;
  } else if (info->version != wanted.version || info->last_position != wanted.last_position) {
    wrong_.add("stream_info of " + name + " is wrong");
  }
}

/// @returns false if a step was refused.
bool doubtful_store::bring_up_to_date() {
  std::mutex mutex;
  lock held(mutex);
  core_.pipeline().rotate_generation();
  for (;;) {
    const auto flushed = core_.flush_step(held);
    if (!flushed) return false;
    if (!*flushed) break;
  }
  for (;;) {
    const auto merged = core_.merge_step();
    if (!merged) return false;
    if (!*merged) break;
  }
  const auto snapshot = core_.log().index()->snapshot();
  if (!snapshot) return false;
  const auto digest = index::canonical_digest(*snapshot);
  if (!digest) return false;
  if (snapshot->flushed().last == core_.log().durable()) digest_ = *digest;
  return true;
}

/// One event to each stream, expecting the version that it has.
void doubtful_store::append_to_each() {
  std::mutex mutex;
  lock held(mutex);
  std::uint64_t next = model_.last() + 1;
  for (const auto& [name, positions] : model_.streams()) {
    const version before(positions.size());
    append_request request;
    request.write(stream_name(name), exactly(before), event_data("appended", text("after")));
    auto prepared = engine::prepare(request, durability::synced, core_.identity().secret,
                                    core_.options().segment_size_bytes);
    const auto answer = engine::append_alone(core_, held, prepared.value());
    if (!answer) {
      ++refused_;
      if (!(answer.error() == error_condition::corruption)) wrong_.add(answer.error().message());
      continue;
    }
    const auto* const committed = answer->committed();
    if (committed == nullptr) {
      wrong_.add("an append to " + name + ": " + answer->message());
    } else if (committed->first_position != position(next++) ||
               committed->streams.front().version != version(before.value() + 1)) {
      wrong_.add("an append to " + name + " stands at a wrong place: " + answer->message());
    }
  }
}

}  // namespace mainstem::test_support
