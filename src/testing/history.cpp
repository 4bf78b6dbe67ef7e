// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include <mainstem/testing/every_step.h>

namespace mainstem::testing {
namespace {

/// One event as it should stand in the log.
struct wanted_event {
  const std::string* stream;
  std::uint64_t version;
  const event_data* event;
};

std::string differs(const event_view& got, const wanted_event& want) {
  const auto wrong = [&](const char* what) {
    return "position " + std::to_string(got.position().value()) + ": wrong " + what;
  };
  if (got.stream() != *want.stream) return wrong("stream");
  if (got.version().value() != want.version) return wrong("version");
  if (got.id() != want.event->id()) return wrong("id");
  if (got.type() != want.event->type()) return wrong("type");
  if (got.codec() != want.event->codec()) return wrong("codec");
  if (!std::ranges::equal(got.payload(), want.event->payload())) return wrong("payload");
  if (!std::ranges::equal(got.metadata(), want.event->metadata())) return wrong("metadata");
  if (!std::equal(got.tags().begin(), got.tags().end(), want.event->tags().begin(),
                  want.event->tags().end()))
    return wrong("tags");
  return {};
}

}  // namespace

std::string compare_with(const store& found, std::span<const append_request> submitted,
                         std::size_t acknowledged) {
  std::map<std::string_view, std::uint64_t> versions;
  std::vector<wanted_event> wanted;
  std::vector<std::size_t> ends{0};  // After each commit.
  for (const append_request& request : submitted) {
    for (const auto& write : request.writes()) {
      for (const auto& event : write.events)
        wanted.push_back({&write.stream.str(), ++versions[write.stream.str()], &event});
    }
    ends.push_back(wanted.size());
  }
  std::size_t read = 0;
  auto reader = found.read_all({.visibility = visibility::written});
  for (;;) {
    const auto batch = reader.next();
    if (!batch) return batch.error().message();
    if (batch->empty()) break;
    for (const event_view& event : batch->events()) {
      if (read == wanted.size()) return "there are more events than were submitted";
      if (auto wrong = differs(event, wanted[read]); !wrong.empty()) return wrong;
      ++read;
    }
  }
  if (std::ranges::find(ends, read) == ends.end())
    return "there are " + std::to_string(read) + " events: a commit is there in part";
  if (read < ends[std::min(acknowledged, submitted.size())])
    return "there are " + std::to_string(read) + " events, but " +
           std::to_string(ends[std::min(acknowledged, submitted.size())]) + " were acknowledged";
  return {};
}

}  // namespace mainstem::testing
