// SPDX-License-Identifier: Apache-2.0
#include <mainstem/testing/scarce_memory.h>

MAINSTEM_TESTING_REPLACE_ALLOCATION();
