// SPDX-License-Identifier: Apache-2.0
#include "log_check.h"

#include <algorithm>

namespace mainstem::real_test {
namespace {

std::string compare(const event_view& got, std::string_view stream, std::uint64_t version) {
  const event_data want = event_of(stream, version);
  const auto wrong = [&](const char* what) {
    return "wrong " + std::string(what) + " in " + std::string(stream) + "@" +
           std::to_string(version) + " at position " + std::to_string(got.position().value());
  };
  if (got.stream() != stream) return wrong("stream");
  if (got.version().value() != version) return wrong("version");
  if (got.id() != want.id()) return wrong("id");
  if (got.type() != want.type()) return wrong("type");
  if (got.codec() != want.codec()) return wrong("codec");
  if (!std::ranges::equal(got.payload(), want.payload())) return wrong("payload");
  if (!std::ranges::equal(got.metadata(), want.metadata())) return wrong("metadata");
  return {};
}

bool is_in_the_plan(std::string_view stream) {
  for (std::uint64_t writer = 0; writer < most_writers; ++writer) {
    if (stream == stream_of(writer) || stream == audit_of(writer)) return true;
  }
  return false;
}

}  // namespace

std::string log_check::take(const event_view& event) {
  const std::uint64_t expected = last() + 1;
  if (event.position().value() != expected) {
    return "position " + std::to_string(event.position().value()) + " stands where " +
           std::to_string(expected) + " should";
  }
  const std::string stream(event.stream());
  if (!is_in_the_plan(stream)) return "nobody writes to a stream " + stream;
  const auto at = lengths_.emplace(stream, 0).first;
  ++at->second;
  places_.push_back({at, at->second});
  return compare(event, stream, at->second);
}

std::string log_check::read_on(const store& log) {
  auto reader = log.read_all({.after = position(last())});
  for (;;) {
    const auto batch = reader.next();
    if (!batch) return "reading behind " + std::to_string(last()) + ": " + batch.error().message();
    if (batch->empty()) break;
    for (const auto& event : *batch) {
      if (auto wrong = take(event); !wrong.empty()) return wrong;
    }
  }
  if (const auto durable = log.info().durable.value(); durable != last()) {
    return "reading ends at " + std::to_string(last()) + ", but the store says that " +
           std::to_string(durable) + " is durable";
  }
  return {};
}

std::uint64_t log_check::length(const std::string& stream) const {
  const auto at = lengths_.find(stream);
  return at == lengths_.end() ? 0 : at->second;
}

std::string log_check::check_commits() const {
  for (std::uint64_t writer = 0; writer < most_writers; ++writer) {
    const auto length = this->length(stream_of(writer));
    const auto audits = this->length(audit_of(writer));
    if (audits_at(length) != audits) {
      return "half a commit: " + stream_of(writer) + "@" + std::to_string(length) + " beside " +
             audit_of(writer) + "@" + std::to_string(audits);
    }
  }
  return {};
}

std::string log_check::check_streams(const store& log) const {
  for (const auto& [stream, length] : lengths_) {
    auto reader = log.read_stream(stream_name(stream));
    std::uint64_t at = 0;
    for (;;) {
      const auto batch = reader.next();
      if (!batch) return stream + "@" + std::to_string(at) + ": " + batch.error().message();
      if (batch->empty()) break;
      for (const auto& event : *batch) {
        if (auto wrong = compare(event, stream, ++at); !wrong.empty()) return wrong;
      }
    }
    if (at != length) {
      return stream + " has " + std::to_string(at) + " events by its name, and " +
             std::to_string(length) + " by position";
    }
  }
  return {};
}

std::string log_check::check(const acknowledgement& told) const {
  const std::string what = "acknowledged: " + told.line();
  if (told.last > last()) return "lost, the log ends at " + std::to_string(last()) + "; " + what;
  const place& first = places_[told.first - 1];
  if (first.stream->first != stream_of(told.writer) || first.version != told.length + 1) {
    return first.stream->first + "@" + std::to_string(first.version) + " stands where was " + what;
  }
  return {};
}

std::string log_check::check_all(const store& log) {
  if (auto wrong = read_on(log); !wrong.empty()) return wrong;
  if (auto wrong = check_commits(); !wrong.empty()) return wrong;
  return check_streams(log);
}

std::string append_next(store& log, log_check& check, std::uint64_t writer) {
  const auto length = check.length(stream_of(writer));
  const auto done = log.append(next_commit(writer, length, check.length(audit_of(writer))));
  if (!done) return "appending: " + done.error().message();
  if (done->committed() == nullptr) return "appending: " + done->message();
  if (auto wrong = check.read_on(log); !wrong.empty()) return "after appending: " + wrong;
  return check.check({true, writer, length, done->place()->first_position.value(),
                      done->place()->last_position.value()});
}

}  // namespace mainstem::real_test
