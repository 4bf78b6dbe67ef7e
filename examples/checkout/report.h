// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>

#include "figures.h"
#include "options.h"

namespace checkout {

/// The table at the end of a demo.
void print_demo(std::ostream& out, const options& chosen, const writing_figures& writing,
                const verification_figures& found);
/// The part of it that reading the log shows.
void print_verification(std::ostream& out, const verification_figures& found);
void print_remarks(std::ostream& out, const verification_figures& found);

}  // namespace checkout
