// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>

#include "common/problem.h"
#include "common_names.h"
#include "figures.h"

namespace event_log {

/// The table for people.
void print_table(std::ostream& out, const run_figures& run);
/// What was wrong, one line each.
void print_remarks(std::ostream& out, const verification_figures& found);
/// The same figures for programs.
[[nodiscard]] std::string to_json(const run_figures& run);
[[nodiscard]] outcome<void> save_json(const run_figures& run, const std::string& path);

}  // namespace event_log
