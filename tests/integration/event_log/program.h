// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../example_program.h"

namespace event_log_test {
using namespace example_test;
}
