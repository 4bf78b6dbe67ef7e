// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/verify.h>

#include "ctl/advice.h"
#include "ctl/json.h"

namespace mainstem::ctl {

/// What the program ends with.
enum class exit_status : int { good = 0, findings = 1, could_not_run = 2 };

enum class output : bool { text, json };

/// Says why it could not run, and what to do next.
[[nodiscard]] exit_status fail(const error& why, output as, const product& of = {});

/// Where an error is, in words: path, offset and positions; empty if it does not say.
[[nodiscard]] std::string place_of(const error& what);

/// As a value, after a key or in an array.
void write_error(json_writer& json, const error& what);
void write_findings(json_writer& json, const std::vector<finding>& findings);
[[nodiscard]] std::string findings_text(const std::vector<finding>& findings);

/// To standard output.
void print(const std::string& text);

}  // namespace mainstem::ctl
