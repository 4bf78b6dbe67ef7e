// SPDX-License-Identifier: Apache-2.0
#include "writing_plan.h"

#include <sstream>
#include <utility>
#include <vector>

namespace mainstem::real_test {

using namespace std::chrono_literals;

store_options busy_options() {
  store_options options;
  options.segment_size_bytes = 64U << 10U;
  options.index_flush_events = 1'024;
  options.index_flush_interval = 10ms;
  options.buffered_sync_interval = 5ms;
  options.mark_interval = 5ms;
  options.index_readers = 64;
  return options;
}

std::string stream_of(std::uint64_t writer) { return "writer-" + std::to_string(writer); }
std::string audit_of(std::uint64_t writer) { return "audit-" + std::to_string(writer); }

event_data event_of(std::string_view stream, std::uint64_t version) {
  const std::string name = std::string(stream) + "@" + std::to_string(version) + " ";
  std::string payload = name;
  payload.resize(name.size() + version * 37 % 700, static_cast<char>('a' + version % 26));
  event_id::bytes_type id{std::byte{0x7e}};
  for (std::size_t i = 0; i < 8; ++i) id[8 + i] = std::byte(version >> (8 * (7 - i)));
  id[1] = std::byte(stream.front());
  id[2] = std::byte(stream.back());
  return {version % 3 == 0 ? "third" : "happened",
          text(payload),
          {.id = event_id(id), .metadata = text(name).bytes}};
}

std::uint64_t commit_size(std::uint64_t length) { return 1 + (length * 5 / 3) % 3; }
bool is_audited(std::uint64_t length) { return length % 4 == 1; }
bool is_buffered(std::uint64_t length) { return length % 7 == 3; }

append_request next_commit(std::uint64_t writer, std::uint64_t length, std::uint64_t audits) {
  const std::string stream = stream_of(writer);
  std::vector<event_data> events;
  for (std::uint64_t i = 1; i <= commit_size(length); ++i)
    events.push_back(event_of(stream, length + i));
  append_request request;
  request.write(stream_name(stream), exactly(version(length)), std::move(events));
  if (is_audited(length)) {
    const std::string audit = audit_of(writer);
    request.write(stream_name(audit), exactly(version(audits)), {event_of(audit, audits + 1)});
  }
  return request;
}

std::optional<std::uint64_t> audits_at(std::uint64_t length) {
  std::uint64_t audits = 0;
  std::uint64_t at = 0;
  while (at < length) {
    audits += is_audited(at) ? 1U : 0U;
    at += commit_size(at);
  }
  if (at != length) return std::nullopt;
  return audits;
}

std::string acknowledgement::line() const {
  std::ostringstream out;
  out << (synced ? "synced " : "buffered ") << writer << ' ' << length << ' ' << first << ' '
      << last << '\n';
  return out.str();
}

std::optional<acknowledgement> acknowledgement::parse(const std::string& line) {
  std::istringstream in(line);
  std::string kind;
  acknowledgement told;
  if (!(in >> kind) || (kind != "synced" && kind != "buffered")) return std::nullopt;
  if (!(in >> told.writer >> told.length >> told.first >> told.last)) return std::nullopt;
  told.synced = kind == "synced";
  return told;
}

}  // namespace mainstem::real_test
