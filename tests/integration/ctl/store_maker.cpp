// SPDX-License-Identifier: Apache-2.0
#include <sys/select.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mainstem/store.h>

#include "base/bytes.h"
#include "base/checksum.h"
#include "format/layout.h"

// Makes the stores that the tests of mainstemctl look at:
//   make PATH EVENTS PAYLOAD_BYTES STREAMS SEGMENT_BYTES [EVENTS_EACH]
//                           appends to it, in commits of 16 events if not told otherwise; closes it
//   die PATH EVENTS PAYLOAD_BYTES STREAMS SEGMENT_BYTES    the same, and dies instead of closing
//   hold PATH               keeps it open, appending all the time, until its input ends
//   newer PATH              lets its manifests say that a newer version wrote them
//   read PATH               `POSITION VERSION STREAM ID PAYLOAD` of each event that can be read
namespace {

namespace ms = mainstem;

ms::store_options options_of(std::uint64_t segment_bytes) {
  ms::store_options options;
  options.segment_size_bytes = segment_bytes;
  options.index_flush_interval = std::chrono::milliseconds(50);
  return options;
}

/// Commits of so many events each, spread over the streams.
void append(ms::store& store, std::uint64_t events, std::size_t payload_bytes,
            std::uint64_t streams, std::uint64_t events_each = 16) {
  for (std::uint64_t done = 0, commit = 0; done < events; ++commit) {
    const std::uint64_t count = std::min(events_each, events - done);
    std::vector<ms::event_data> batch;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::string payload = "event " + std::to_string(done + i + 1) + " ";
      payload.resize(std::max(payload.size(), payload_bytes), '.');
      batch.emplace_back("happened", ms::text(payload));
    }
    const ms::stream_name stream("stream-" + std::to_string(commit % streams));
    store.append(stream, ms::any, batch, {ms::durability::buffered}).value();
    done += count;
  }
  store.flush().value();
}

int make(int count, char** arguments, bool dies) {
  const auto number = [&](int at) { return std::stoull(arguments[at]); };
  auto store = ms::store::open(arguments[2], options_of(number(6))).value();
  append(store, number(3), number(4), number(5), count > 7 ? number(7) : 16);
  store.save_checkpoint("mailer", ms::position(1)).value();
  if (dies) ::_exit(0);
  store.close().value();
  return 0;
}

int hold(const char* path) {
  auto store = ms::store::open(path, options_of(64U << 10U)).value();
  append(store, 16, 100, 1);
  std::cout << "held" << std::endl;
  bool ends = false;
  while (!ends) {
    append(store, 160, 100, 3);
    // Input that ends is the signal to stop.
    fd_set waiting;
    FD_ZERO(&waiting);
    FD_SET(STDIN_FILENO, &waiting);
    timeval at_once{0, 1000};
    ends = ::select(STDIN_FILENO + 1, &waiting, nullptr, nullptr, &at_once) == 1;
  }
  store.close().value();
  return 0;
}

int make_newer(const std::string& folder) {
  namespace at = ms::format::manifest_layout;
  for (const char* name : {"/manifest", "/manifest.copy"}) {
    std::fstream file(folder + name, std::ios::in | std::ios::out | std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto bytes = std::as_writable_bytes(std::span(text));
    ms::store_at(bytes.data() + at::format_version.offset, std::uint32_t{99});
    const std::uint64_t seed = ms::checksum64(bytes.first(at::checksum.offset));
    ms::store_at(bytes.data() + at::checksum.offset, ms::checksum64(bytes.subspan(at::size), seed));
    file.clear();
    file.seekp(0);
    file << text;
  }
  return 0;
}

int read(const char* path) {
  const auto store = ms::store::open_read_only(path).value();
  auto reader = store.read_all();
  for (;;) {
    auto batch = reader.next();
    if (!batch) continue;  // What is lost is passed over.
    if (batch->empty()) return 0;
    for (const auto& event : *batch) {
      std::cout << event.position() << ' ' << event.version() << ' ' << event.stream() << ' '
                << event.id().to_string() << ' ' << event.payload_text().substr(0, 20) << '\n';
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view verb = count > 2 ? arguments[1] : "";
  try {
    if (verb == "make" && count > 6) return make(count, arguments, false);
    if (verb == "die" && count > 6) return make(count, arguments, true);
    if (verb == "hold") return hold(arguments[2]);
    if (verb == "newer") return make_newer(arguments[2]);
    if (verb == "read") return read(arguments[2]);
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 5;
  }
  std::cerr << "usage: make|die PATH EVENTS PAYLOAD STREAMS SEGMENT | hold|newer|read PATH\n";
  return 2;
}
