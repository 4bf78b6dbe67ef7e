// SPDX-License-Identifier: Apache-2.0
// The smallest program of the guide: one event goes into a store, and comes out of it.
#include <exception>
#include <iostream>

#include <mainstem/store.h>

namespace ms = mainstem;

namespace {

void first_event(const char* folder) {
  auto store = ms::store::open(folder).value();

  const ms::event_data opened("order-opened", ms::json(R"({"customer":7})"));
  const auto outcome = store.append(ms::stream_name("order-1"), ms::no_stream, opened).value();
  std::cout << outcome << '\n';

  auto reader = store.read_stream(ms::stream_name("order-1"));
  while (const auto batch = reader.next().value())
    for (const ms::event_view& event : batch)
      std::cout << event.stream() << ", version " << event.version() << ": " << event.type() << ' '
                << event.payload_text() << '\n';
  store.close().value();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    first_event(argc > 1 ? argv[1] : "first_store");
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 1;
  }
  return 0;
}
