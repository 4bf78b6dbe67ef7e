// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/problem.h"
#include "common_names.h"
#include "shopping.h"

namespace checkout {

enum class verb {
  help,
  demo,      ///< Sell, kill the writer again and again, verify.
  verify,    ///< Verify again what a demo left.
  follow,    ///< Follow a store, and print what is sold.
  writer,    ///< What demo starts: the process that sells, and that is killed.
  follower,  ///< What demo starts: the process that follows.
};

struct options {
  enum verb verb = verb::help;
  std::string store;       ///< Empty: a fresh folder, removed at the end.
  std::string work;        ///< Acknowledgements, boards, the checkpoint. Empty: the same.
  std::string checkpoint;  ///< Of follow. Empty: it begins at the start of the log.
  std::uint32_t seconds = 12;
  std::uint32_t workers = 8;
  std::uint32_t items = 10;
  std::uint32_t kills = 6;
  std::uint64_t seed = 1;
  std::uint32_t number = 0;  ///< Of the writer or follower process, from 1.

  [[nodiscard]] shop_size shop() const { return {.seed = seed, .items = items}; }
};

/// `arguments` are without the program's name.
[[nodiscard]] outcome<options> parse_options(const std::vector<std::string>& arguments);
[[nodiscard]] std::string usage();

}  // namespace checkout
