// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base_store.h"
#include "input.h"
#include "known_events.h"

namespace mainstem::fuzz {

/// Changes a store behind everybody's back, as the input says: bits, sectors, whole files, rows of
/// the index; afterwards, if it says so, checksums are made right again.
///
/// @param known gets the events that stand in the files then.
void edit_store(test_support::simulated_machine& machine, const base_store& base, input& from,
                known_events& known);

}  // namespace mainstem::fuzz
