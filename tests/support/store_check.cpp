// SPDX-License-Identifier: Apache-2.0
#include "support/store_check.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/log_cursor.h"
#include "engine/stream_cursor.h"
#include "support/request_maker.h"

namespace mainstem::test_support {
namespace {

/// What is wrong with an event; empty if nothing is.
std::string compare(const event_view& got, const store_model& model, std::uint64_t expected) {
  const auto wrong = [&](const char* what) {
    return "position " + std::to_string(expected) + ": wrong " + what;
  };
  if (got.position().value() != expected) {
    return "position " + std::to_string(got.position().value()) + " stands where " +
           std::to_string(expected) + " should";
  }
  if (expected > model.last())
    return "position " + std::to_string(expected) + " was never submitted";
  const auto& want = model.at(expected);
  if (got.stream() != want.stream) return wrong("stream");
  if (got.version().value() != want.version) return wrong("version");
  if (got.id() != want.event.id()) return wrong("id");
  if (got.type() != want.event.type()) return wrong("type");
  if (got.codec() != want.event.codec()) return wrong("codec");
  if (!std::ranges::equal(got.payload(), want.event.payload())) return wrong("payload");
  if (!std::ranges::equal(got.metadata(), want.event.metadata())) return wrong("metadata");
  if (!std::equal(got.tags().begin(), got.tags().end(), want.event.tags().begin(),
                  want.event.tags().end())) {
    return wrong("tags");
  }
  return {};
}

/// Reads to the end and compares with these positions.
template <class Cursor>
std::uint64_t compare_all(Cursor& cursor, const store_model& model,
                          const std::vector<std::uint64_t>& expected, const batch_limits& limits,
                          const std::string& how, findings& found) {
  std::size_t read = 0;
  for (;;) {
    auto batch = cursor.next();
    if (!batch) {
      found.add(how + ": " + batch.error().message());
      return read;
    }
    if (batch->empty()) break;
    if (batch->size() > limits.events) found.add(how + ": a batch is larger than its limit");
    for (const event_view& event : batch->events()) {
      if (read == expected.size()) {
        found.add(how + ": position " + std::to_string(event.position().value()) +
                  " is one event too many");
        return read;
      }
      if (auto wrong = compare(event, model, expected[read]); !wrong.empty()) {
        found.add(how + ": " + wrong);
        return read;
      }
      ++read;
    }
  }
  if (read != expected.size()) {
    found.add(how + ": ends after " + std::to_string(read) + " of " +
              std::to_string(expected.size()) + " events");
  }
  return read;
}

std::vector<std::uint64_t> positions_up_to(std::uint64_t last) {
  std::vector<std::uint64_t> positions(last);
  for (std::uint64_t i = 0; i < last; ++i) positions[i] = i + 1;
  return positions;
}

/// What `limit` and direction leave of an ascending list.
void cut(std::vector<std::uint64_t>& positions, direction way, std::uint64_t limit) {
  if (way == direction::backwards) std::reverse(positions.begin(), positions.end());
  if (positions.size() > limit) positions.resize(limit);
}

batch_limits draw_batch(fake_random& random) {
  batch_limits limits;
  if (random.chance(60)) limits.events = 1 + random.below(9);
  if (random.chance(20)) limits.bytes = 1 + random.below(300);
  return limits;
}

class random_reader {
 public:
  random_reader(const engine::published_log& log, const store_model& model, fake_random& random,
                findings& found)
      : log_(log),
        model_(model),
        random_(random),
        found_(found),
        seen_(random.chance(50) ? visibility::durable : visibility::written),
        last_(log.visible(seen_).value()) {}

  void log();
  void stream();
  void single_events();

 private:
  [[nodiscard]] std::string draw_stream() { return stream_of(random_.below(10)); }
  void check_single(const result<std::optional<event>>& got, std::optional<std::uint64_t> expected,
                    const char* how);
  [[nodiscard]] result<std::optional<event>> read(
      const engine::read_snapshot& snapshot,
      const result<std::optional<engine::stream_place>>& place, const std::string& name) const;

  const engine::published_log& log_;
  const store_model& model_;
  fake_random& random_;
  findings& found_;
  visibility seen_;
  std::uint64_t last_;
};

void random_reader::log() {
  read_all_options options;
  options.visibility = seen_;
  options.batch = draw_batch(random_);
  if (random_.chance(50)) options.direction = direction::backwards;
  if (random_.chance(40)) options.after = position(random_.below(last_ + 3));
  if (random_.chance(40)) options.before = position(random_.below(last_ + 3));
  if (random_.chance(30)) options.limit = random_.below(last_ + 2);
  if (random_.chance(30)) options.category = category_of(draw_stream());
  if (random_.chance(30)) options.types = {"paid"};
  if (random_.chance(10)) options.types = {"opened", "größer", "unheard-of"};

  std::vector<std::uint64_t> expected;
  for (std::uint64_t at = 1; at <= last_; ++at) {
    if (at <= options.after.value() || at >= options.before.value()) continue;
    const auto& event = model_.at(at);
    if (!options.category.empty() && category_of(event.stream) != options.category) continue;
    const bool is_type =
        std::ranges::find(options.types, event.event.type()) != options.types.end();
    if (options.types.empty() || is_type) expected.push_back(at);
  }
  cut(expected, options.direction, options.limit);
  engine::log_cursor cursor(log_, options);
  compare_all(cursor, model_, expected, options.batch, "a random read of the log", found_);
}

void random_reader::stream() {
  const std::string name = draw_stream();
  read_stream_options options;
  options.visibility = seen_;
  options.batch = draw_batch(random_);
  const auto positions = model_.stream(name, last_);
  if (random_.chance(50)) options.direction = direction::backwards;
  if (random_.chance(40)) options.after = version(random_.below(positions.size() + 3));
  if (random_.chance(40)) options.before = version(random_.below(positions.size() + 3));
  if (random_.chance(30)) options.limit = random_.below(positions.size() + 2);

  std::vector<std::uint64_t> expected;
  for (std::uint64_t v = 1; v <= positions.size(); ++v) {
    if (v > options.after.value() && v < options.before.value())
      expected.push_back(positions[v - 1]);
  }
  cut(expected, options.direction, options.limit);
  engine::stream_cursor cursor(log_, stream_name(name), options);
  compare_all(cursor, model_, expected, options.batch, "a random read of " + name, found_);
}

void random_reader::check_single(const result<std::optional<event>>& got,
                                 std::optional<std::uint64_t> expected, const char* how) {
  if (!got) {
    found_.add(std::string(how) + ": " + got.error().message());
  } else if (got->has_value() != expected.has_value()) {
    found_.add(std::string(how) + (expected ? ": there is no event" : ": there is an event"));
  } else if (expected) {
    if (auto wrong = compare((*got)->view(), model_, *expected); !wrong.empty())
      found_.add(how + (": " + wrong));
  }
}

result<std::optional<event>> random_reader::read(
    const engine::read_snapshot&, const result<std::optional<engine::stream_place>>& place,
    const std::string& name) const {
  if (!place) return place.error();
  if (!*place) return std::optional<event>();
  const engine::record_reader reader(log_, log_.segments());
  auto found = engine::read_place(reader, std::make_shared<const stream_name>(name), **place);
  if (!found) return found.error();
  return std::optional(std::move(*found));
}

void random_reader::single_events() {
  const std::uint64_t at = random_.below(last_ + 2);
  const bool is_there = at >= 1 && at <= last_;
  check_single(engine::read_position(log_, position(at), position(last_)),
               is_there ? std::optional(at) : std::nullopt, "reading a position");

  const std::string name = is_there && random_.chance(80) ? model_.at(at).stream : draw_stream();
  const auto positions = model_.stream(name, last_);
  const auto hash = index::hash_name(name, log_.store().secret);
  auto snapshot = engine::read_snapshot::take(log_, seen_);
  if (!snapshot) {
    found_.add("a snapshot: " + snapshot.error().message());
    return;
  }
  const auto info = snapshot->info_of(hash, name);
  const stream_info expected = model_.info_of(name, last_);
  if (!info) {
    found_.add("stream_info of " + name + ": " + info.error().message());
  } else if (info->version != expected.version || info->last_position != expected.last_position) {
    found_.add("stream_info of " + name + " is wrong");
  }
  const std::uint64_t wanted = random_.below(positions.size() + 2);
  const bool has_version = wanted >= 1 && wanted <= positions.size();
  check_single(read(*snapshot, engine::find_version(*snapshot, hash, name, version(wanted)), name),
               has_version ? std::optional(positions[wanted - 1]) : std::nullopt,
               "reading a version");

  if (!is_there) return;
  const bool is_of_stream = model_.at(at).stream == name;
  const engine::record_reader reader(log_, log_.segments());
  check_single(read(*snapshot,
                    engine::find_id(*snapshot, reader, hash, name, model_.at(at).event.id()), name),
               is_of_stream ? std::optional(at) : std::nullopt, "reading an id");
}

}  // namespace

std::uint64_t check_contents(const engine::published_log& log, const store_model& model,
                             visibility seen, findings& found) {
  const std::uint64_t last = log.visible(seen).value();
  if (last > model.last()) {
    found.add("there are " + std::to_string(last) + " events, of which " +
              std::to_string(model.last()) + " were submitted");
    return 0;
  }
  read_all_options all;
  all.visibility = seen;
  engine::log_cursor cursor(log, all);
  const std::uint64_t read =
      compare_all(cursor, model, positions_up_to(last), all.batch, "the log", found);
  for (const auto& [name, positions] : model.streams()) {
    read_stream_options whole;
    whole.visibility = seen;
    engine::stream_cursor stream(log, stream_name(name), whole);
    compare_all(stream, model, model.stream(name, last), whole.batch, "stream " + name, found);
    if (found.any()) break;
  }
  return read;
}

readable_events check_readable(const engine::published_log& log, const store_model& model,
                               findings& found) {
  readable_events counted;
  const auto note = [&](const error& refused) {
    // A simulated index is nowhere.
    if (refused == errc::corrupt_index) return;
    if (refused.info().path.empty() && !refused.info().first_position)
      found.add("an error that does not say where: " + refused.message());
  };
  for (std::uint64_t at = 1; at <= model.last(); ++at) {
    // As one who goes on from there: what comes next, and not whether this one is there.
    read_all_options one;
    one.visibility = visibility::written;
    one.after = position(at - 1);
    one.limit = 1;
    auto batch = engine::log_cursor(log, one).next();
    if (!batch) {
      note(batch.error());
      ++counted.refused;
    } else if (batch->empty()) {
      ++counted.gone;
    } else if (auto wrong = compare(batch->events().front(), model, at); !wrong.empty()) {
      found.add(std::move(wrong));
    }
  }
  for (const auto& [name, positions] : model.streams()) {
    read_stream_options whole;
    whole.visibility = visibility::written;
    engine::stream_cursor stream(log, stream_name(name), whole);
    for (auto expected = positions.begin(); expected != positions.end();) {
      auto batch = stream.next();
      if (!batch) note(batch.error());
      if (!batch || batch->empty()) break;
      for (const event_view& event : batch->events()) {
        if (expected == positions.end()) {
          found.add("stream " + name + " has an event too many");
          break;
        }
        if (auto wrong = compare(event, model, *expected++); !wrong.empty())
          found.add("stream " + name + ": " + wrong);
      }
    }
  }
  return counted;
}

void check_random_read(const engine::published_log& log, const store_model& model,
                       fake_random& random, findings& found) {
  random_reader reader(log, model, random, found);
  switch (random.below(3)) {
    case 0: reader.log(); break;
    case 1: reader.stream(); break;
    default: reader.single_events();
  }
}

}  // namespace mainstem::test_support
