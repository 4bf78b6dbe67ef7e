// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <iostream>

#include "common/problem.h"
#include "demo.h"

int main(int argc, char** argv) {
  try {
    return checkout::run_program({argv + 1, argv + argc});
  } catch (const std::exception& failure) {
    std::cerr << "checkout: " << failure.what() << '\n';
    return examples::exit_failed;
  }
}
