// SPDX-License-Identifier: Apache-2.0
// The code of docs/testing.md, in the order in which it stands there: its tests are tests of ours.
// clang-format off
#include "testing-service.h"
#include "testing-power-loss.h"
#include "testing-every-step.h"
#include "testing-memory.h"
#include "testing-property.h"
