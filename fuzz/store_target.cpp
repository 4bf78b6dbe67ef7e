// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <string>

#include "base_store.h"
#include "engine/follower_core.h"
#include "engine/log_cursor.h"
#include "engine/stream_cursor.h"
#include "known_events.h"
#include "parts.h"
#include "store_edits.h"

namespace mainstem::fuzz {
namespace {

constexpr int most_steps = 4000;

using machine = test_support::simulated_machine;

/// Reads a store in every way, and holds each event that it hands out against those that stand in
/// its files.
class reading {
 public:
  reading(const engine::published_log& log, known_events& known) : log_(log), known_(known) {
    known.use_secret(log.store().secret);
    by_position(direction::forwards);
    by_position(direction::backwards);
    for (const auto& name : known.streams()) {
      const auto stream = stream_name::parse(name);
      if (!stream) continue;
      by_stream(*stream, direction::forwards);
      by_stream(*stream, direction::backwards);
    }
    for (const auto& [at, payload] : events_) {
      const auto alone = engine::read_position(log_, position(at), log_.durable());
      if (alone && *alone) note(***alone);
    }
  }

  /// Payloads by position.
  [[nodiscard]] const std::map<std::uint64_t, std::string>& events() const noexcept {
    return events_;
  }

 private:
  void note(const event_view& event) {
    require(known_.contains(event), "an event that is handed out stands in the log");
    check_position(event);
  }

  void check_position(const event_view& event) const {
    require(event.position() <= log_.written(), "an event that is handed out was published");
  }

  template <class Cursor, class Note>
  void to_end(Cursor& cursor, Note&& note_event) {
    int errors = 0;
    for (int step = 0;; ++step) {
      require(step < most_steps, "a reader comes to an end");
      const auto batch = cursor.next();
      if (!batch) {
        require(!batch.error().message().empty(), "an error says something");
        // Anything else may be answered again and again.
        if (!(batch.error() == errc::corrupt_data)) return;
        require(++errors < 500, "a reader comes to the end of what is damaged");
        continue;
      }
      if (batch->empty()) return;
      for (const event_view& event : batch->events()) note_event(event);
    }
  }

  void by_position(direction way) {
    read_all_options options;
    options.direction = way;
    engine::log_cursor cursor(log_, options);
    std::uint64_t before = 0;
    to_end(cursor, [&](const event_view& event) {
      note(event);
      const std::uint64_t at = event.position().value();
      require(before == 0 || (way == direction::forwards ? at > before : at < before),
              "positions come in their order");
      before = at;
      events_[at] = event.payload_text();
    });
  }

  void by_stream(const stream_name& stream, direction way) {
    read_stream_options options;
    options.direction = way;
    engine::stream_cursor cursor(log_, stream, options);
    to_end(cursor, [&](const event_view& event) {
      require(known_.contains_content(event), "an event that is handed out stands in the log");
      check_position(event);
      require(event.stream() == stream.str(), "an event is of the stream that was asked for");
    });
  }

  const engine::published_log& log_;
  const known_events& known_;
  std::map<std::uint64_t, std::string> events_;
};

append_request one_more(std::uint8_t number) {
  append_request request;
  request.write(stream_name("order-1"), any,
                event_data("added", text("added"), {.id = event_id(uuid_of(number))}));
  return request;
}

/// Appends, closes, opens again: what was there is there, and what was added.
void go_on(machine& on, std::unique_ptr<engine::store_core> core, const store_options& options,
           known_events& known) {
  const auto before = reading(core->log(), known).events();
  const auto added = append_to(*core, one_more(250));
  close_store(*core);
  core.reset();
  for (const auto& [path, bytes] : on.disk().files()) {
    if (path.ends_with(".log")) known.add_file(bytes);
  }
  const auto opened = engine::store_core::open(store_folder, options, on.around());
  require_success(opened, "a store that was open can be opened again");
  const auto after = reading((*opened)->log(), known).events();
  if (!added || !added->committed()) return;
  if (const auto& damage = (*opened)->report().damage)
    require_success(result<void>(*damage), "a store that took an append is sound");
  for (const auto& [at, payload] : before) {
    const auto found = after.find(at);
    require(found != after.end() && found->second == payload, "what was there is there");
  }
  const auto mine = after.find(added->place()->first_position.value());
  require(mine != after.end() && mine->second == "added", "what was appended is there");
}

void run(byte_span bytes) {
  input from(bytes);
  const auto flags = from.take<std::uint8_t>();
  const auto& base =
      base_store::get((flags & 1U) != 0 ? base_store::ending::killed : base_store::ending::closed);
  store_options options = small_options((flags & 2U) != 0);
  const auto on = base.machine();
  // A size that a header claims may be any; a disk that gives it is not what is tested.
  on->disk().set_capacity(1U << 20U);
  known_events known;
  edit_store(*on, base, from, known);

  if (const auto followed = engine::follower_core::open(store_folder, options, on->around()))
    reading((*followed)->log(), known);
  auto opened = engine::store_core::open(store_folder, options, on->around());
  if (!opened) {
    require(!opened.error().message().empty(), "an error says something");
    return;
  }
  if ((*opened)->report().damage) {
    reading((*opened)->log(), known);
    opened->reset();
    options.accept_loss = true;
    opened = engine::store_core::open(store_folder, options, on->around());
    if (!opened) return;
    options.accept_loss = false;
  }
  go_on(*on, std::move(*opened), options, known);
}

// Nothing at all; then each kind of edit, with every way of making checksums right again.
std::vector<byte_vector> seeds() {
  std::vector<byte_vector> all;
  for (const std::uint8_t flags : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{2}}) {
    all.push_back(output().add(flags).add(std::uint8_t{0}).take());
    for (const std::uint8_t resealed :
         {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{3}, std::uint8_t{15}}) {
      output to;
      to.add(flags).add(resealed);
      for (std::uint8_t kind = 0; kind < 10; ++kind) {
        output edit;
        edit.add(kind);
        for (std::uint16_t word = 1; word < 8; ++word)
          edit.add(static_cast<std::uint16_t>(word * 37U));
        const auto bytes = edit.take();
        all.push_back(output().add(flags).add(resealed).add_bytes(bytes).take());
        to.add_bytes(bytes);
      }
      all.push_back(to.take());
    }
  }
  return all;
}

}  // namespace

extern const target store_target;
const target store_target{"store", run, seeds};

}  // namespace mainstem::fuzz
