// SPDX-License-Identifier: Apache-2.0
#pragma once

/// rapidcheck generators for events, commits and whole stores. It alone needs rapidcheck, which is
/// yours to install and to link. Values shrink; ids do not, since two events would become one.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <rapidcheck.h>

#include <mainstem/append.h>
#include <mainstem/store_options.h>
#include <mainstem/testing/simulated_disk.h>

namespace mainstem {

// How rapidcheck prints a counterexample.
inline void showValue(const event_data& event, std::ostream& out) {
  out << event.type() << '(' << event.id() << ", " << event.payload().size() << " bytes)";
}
inline void showValue(const append_request& request, std::ostream& out) {
  for (const auto& write : request.writes()) {
    out << '[' << write.stream << " at " << write.expected << ':';
    for (const auto& event : write.events) {
      out << ' ';
      showValue(event, out);
    }
    out << ']';
  }
}

namespace testing::gen {

/// What is generated. Small numbers make streams meet often.
struct shape {
  std::size_t streams = 6;  ///< Different ones.
  std::size_t streams_per_commit = 3;
  std::size_t events_per_stream = 4;  ///< In one commit.
  std::size_t commits = 30;
  std::size_t payload_bytes = 300;
  std::size_t metadata_bytes = 60;
};

/// An id, nearly surely a new one. The same seed of rapidcheck gives the same.
inline rc::Gen<event_id> id() {
  return rc::gen::map(rc::gen::noShrink(rc::gen::resize(
                          rc::kNominalSize, rc::gen::arbitrary<std::array<std::uint8_t, 16>>())),
                      [](const std::array<std::uint8_t, 16>& drawn) {
                        uuid::bytes_type bytes{};
                        std::transform(drawn.begin(), drawn.end(), bytes.begin(),
                                       [](std::uint8_t byte) { return std::byte{byte}; });
                        bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};  // version 4
                        bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
                        return uuid(bytes);
                      });
}

inline rc::Gen<std::vector<std::byte>> bytes(std::size_t most) {
  return rc::gen::map(rc::gen::scale(static_cast<double>(most) / rc::kNominalSize,
                                     rc::gen::arbitrary<std::vector<std::uint8_t>>()),
                      [most](const std::vector<std::uint8_t>& drawn) {
                        std::vector<std::byte> made;
                        for (std::size_t i = 0; i < std::min(most, drawn.size()); ++i)
                          made.push_back(std::byte{drawn[i]});
                        return made;
                      });
}

/// A name that streams, types and tags may have: among them long ones and some beyond ASCII.
inline rc::Gen<std::string> name() {
  return rc::gen::oneOf(
      rc::gen::element<std::string>("a", "order-paid", "größer", "日本-1", std::string(255, 'n')),
      rc::gen::map(rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', '{'))),
                   [](std::string drawn) {
                     drawn.resize(std::min<std::size_t>(drawn.size(), 255));
                     return drawn;
                   }));
}

/// The streams are "thing-0", "thing-1" and so on.
inline rc::Gen<stream_name> stream(const shape& most = {}) {
  return rc::gen::map(
      rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::size_t>(0, most.streams)),
      [](std::size_t number) { return stream_name("thing-" + std::to_string(number)); });
}

/// An event of any type, content, metadata and tags.
inline rc::Gen<event_data> event(const shape& most = {}) {
  return rc::gen::apply(
      [](const event_id& id, const std::string& type, codec how,
         const std::vector<std::byte>& payload, const std::vector<std::byte>& metadata,
         std::vector<std::string> tags) {
        std::sort(tags.begin(), tags.end());
        tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
        tags.resize(std::min<std::size_t>(tags.size(), 4));
        return event_data(type, {payload, how},
                          {.id = id, .tags = std::move(tags), .metadata = metadata});
      },
      id(), name(), rc::gen::element(codec::binary, codec::json, codec::text),
      bytes(most.payload_bytes), bytes(most.metadata_bytes),
      rc::gen::resize(3, rc::gen::container<std::vector<std::string>>(name())));
}

/// What one commit writes: events by stream. A request is made of it when it is known at which
/// versions the streams are.
using writes = std::map<std::string, std::vector<event_data>>;

inline rc::Gen<writes> commit_content(const shape& most = {}) {
  const auto events = rc::gen::map(
      rc::gen::nonEmpty(rc::gen::container<std::vector<event_data>>(event(most))),
      [most](std::vector<event_data> drawn) {
        drawn.erase(drawn.begin() +
                        static_cast<std::ptrdiff_t>(std::min(drawn.size(), most.events_per_stream)),
                    drawn.end());
        return drawn;
      });
  using stream_events = std::pair<std::string, std::vector<event_data>>;
  // A quarter of the usual size each, however few there are.
  const auto one = rc::gen::resize(
      rc::kNominalSize / 4,
      rc::gen::pair(rc::gen::map(stream(most), [](const stream_name& name) { return name.str(); }),
                    events));
  return rc::gen::map(
      rc::gen::nonEmpty(rc::gen::resize(static_cast<int>(most.streams_per_commit),
                                        rc::gen::container<std::vector<stream_events>>(one))),
      [](const auto& drawn) { return writes(drawn.begin(), drawn.end()); });
}

/// A commit of new events to streams in whatever state they are.
inline rc::Gen<append_request> commit(const shape& most = {}) {
  return rc::gen::map(commit_content(most), [](const writes& content) {
    append_request request;
    for (const auto& [name, events] : content) request.write(stream_name(name), any, events);
    return request;
  });
}

/// The commits of a whole store, in order: each is accepted by a store that has taken those before
/// it, and expects the versions that its streams have then.
inline rc::Gen<std::vector<append_request>> history(const shape& most = {}) {
  return rc::gen::map(rc::gen::container<std::vector<writes>>(commit_content(most)),
                      [most](const std::vector<writes>& contents) {
                        std::map<std::string, std::uint64_t> versions;
                        std::vector<append_request> commits;
                        for (const auto& content : contents) {
                          if (commits.size() == most.commits) break;
                          append_request& request = commits.emplace_back();
                          for (const auto& [name, events] : content) {
                            std::uint64_t& at = versions[name];
                            request.write(stream_name(name), exactly(version(at)), events);
                            at += events.size();
                          }
                        }
                        return commits;
                      });
}

/// Options of small stores, of every kind.
inline rc::Gen<store_options> options() {
  return rc::gen::apply(
      [](std::uint64_t segment, std::uint64_t flush, preallocation ahead, read_mode how) {
        store_options drawn = small_store();
        drawn.segment_size_bytes = segment;
        drawn.index_flush_events = flush;
        drawn.preallocation = ahead;
        drawn.read_mode = how;
        return drawn;
      },
      rc::gen::element<std::uint64_t>(64U << 10U, 128U << 10U),
      rc::gen::element<std::uint64_t>(1024, 4096),
      rc::gen::element(preallocation::zero_fill, preallocation::reserve),
      rc::gen::element(read_mode::mapped, read_mode::copied));
}

/// A store: its options, and what was appended to it. fill() makes it.
struct drawn_store {
  store_options options;
  std::vector<append_request> commits;
};
inline rc::Gen<drawn_store> store(const shape& most = {}) {
  return rc::gen::map(rc::gen::pair(options(), history(most)), [](auto drawn) {
    return drawn_store{std::move(drawn.first), std::move(drawn.second)};
  });
}
inline void showValue(const drawn_store& drawn, std::ostream& out) {
  out << "segments of " << drawn.options.segment_size_bytes << ", " << drawn.commits.size()
      << " commits:";
  for (const auto& commit : drawn.commits) {
    out << "\n  ";
    mainstem::showValue(commit, out);
  }
}

/// Opens a store on `disk` and appends all of it.
/// Errors: those of opening and appending; invalid_argument if an append is not committed.
[[nodiscard]] inline result<mainstem::store> fill(simulated_disk& disk,
                                                  const std::filesystem::path& path,
                                                  const drawn_store& drawn) {
  auto opened = open(disk, path, drawn.options);
  if (!opened) return opened;
  for (const auto& commit : drawn.commits) {
    auto outcome = opened->append(commit);
    if (!outcome) return outcome.error();
    if (!outcome->succeeded()) return error(errc::invalid_argument, outcome->message());
  }
  return opened;
}

}  // namespace testing::gen
}  // namespace mainstem
