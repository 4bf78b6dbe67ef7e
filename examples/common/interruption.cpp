// SPDX-License-Identifier: Apache-2.0
#include "common/interruption.h"

#include <signal.h>

namespace examples {
namespace {

volatile sig_atomic_t caught = 0;

void on_signal(int) { caught = 1; }

}  // namespace

void catch_interruptions() {
  struct sigaction action {};
  action.sa_handler = &on_signal;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() noexcept { return caught != 0; }

}  // namespace examples
