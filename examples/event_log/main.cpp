// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <time.h>

#include <exception>
#include <iostream>

#include "common/problem.h"
#include "common_names.h"
#include "demo.h"

int main(int argc, char** argv) {
  // strptime's %s means local time: times are read the same way everywhere.
  ::setenv("TZ", "UTC0", 1);
  ::tzset();
  try {
    return event_log::run_program({argv + 1, argv + argc});
  } catch (const std::exception& failure) {
    std::cerr << "event_log: " << failure.what() << '\n';
    return event_log::exit_failed;
  }
}
