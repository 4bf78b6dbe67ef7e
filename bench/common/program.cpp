// SPDX-License-Identifier: Apache-2.0
#include "common/program.h"

#include <exception>
#include <iostream>

#include "common/arguments.h"

namespace mainstem::bench {

int run_program(const char* name, int argc, char** argv, int (*run)(int argc, char** argv)) {
  try {
    return run(argc, argv);
  } catch (const usage_error& wrong) {
    std::cerr << name << ": " << wrong.what() << '\n';
    return 2;
  } catch (const std::exception& failure) {
    std::cerr << name << ": " << failure.what() << '\n';
    return 1;
  }
}

}  // namespace mainstem::bench
