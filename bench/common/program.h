// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace mainstem::bench {

/// What main() returns: what `run` returns; 2 if it throws usage_error, 1 if it throws another
/// std::exception. What was wrong then stands in the error output, behind the program's name.
int run_program(const char* name, int argc, char** argv, int (*run)(int argc, char** argv));

}  // namespace mainstem::bench
