// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <iostream>
#include <string>

#include <mainstem/testing/every_step.h>

namespace ms = mainstem;
namespace mt = mainstem::testing;

// A test of a service: what was acknowledged is there wherever the machine goes down.
int main() {
  const ms::stream_name stream("thing-1");
  const auto report = mt::crash_at_every_step<ms::position>(
      [&](mt::simulated_disk& disk, ms::position& told) {
        auto store = mt::open(disk, "things").value();
        const auto done = store.append(stream, ms::any, ms::event_data("made", ms::text("x")));
        told = done.value().place()->last_position;
      },
      [&](mt::simulated_disk& left, const ms::position& told) -> std::string {
        const auto store = mt::open(left, "things").value();
        return store.info().durable < told ? "an event is gone" : "";
      });
  std::cout << report << '\n';
  return report.ok() && report.steps > 5 ? EXIT_SUCCESS : EXIT_FAILURE;
}
