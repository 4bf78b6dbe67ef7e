// SPDX-License-Identifier: Apache-2.0
// Another process: prints every movement of the bank, and remembers with the store how far it is.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <thread>

#include <mainstem/store.h>

namespace ms = mainstem;
using namespace std::chrono_literals;

namespace {

volatile std::sig_atomic_t stopping = 0;

/// The writer may start later than we do.
ms::store open_when_there(const char* folder) {
  for (;;) {
    auto store = ms::store::open_read_only(folder);
    if (store || store.error() != ms::errc::store_not_found || stopping != 0)
      return std::move(store).value();
    std::this_thread::sleep_for(50ms);
  }
}

void follow(const char* folder) {
  auto store = open_when_there(folder);
  auto saved = store.checkpoint("printer").value().value_or(ms::position{});
  auto events = store.subscribe({.after = saved}).value();
  while (stopping == 0) {
    const auto batch = events.next(100ms);
    const bool is_quiet = !batch && batch.error() == ms::errc::timed_out;
    if (!is_quiet)
      for (const ms::event_view& event : batch.value())
        std::cout << event.position() << ' ' << event.stream() << ' ' << event.payload_text()
                  << '\n';
    const ms::position seen = events.position();
    // A sync each time: not for every event, but also when no more come for now.
    if (seen.value() - saved.value() >= 1000 || (is_quiet && seen > saved)) {
      std::cout.flush();
      store.save_checkpoint("printer", seen).value();
      saved = seen;
    }
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) throw std::invalid_argument("usage: bank_follower FOLDER");
  std::signal(SIGTERM, [](int) { stopping = 1; });
  std::signal(SIGINT, [](int) { stopping = 1; });
  follow(argv[1]);
} catch (const std::exception& failure) {
  std::cerr << "bank_follower: " << failure.what() << '\n';
  return EXIT_FAILURE;
}
