// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mainstem::bench {

/// One `--name VALUE`; a flag if `value` is empty.
struct option {
  std::string name;
  std::string value;
  std::string default_text;
  std::string help;
};

/// The command line is wrong. what() says how.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The options of a benchmark program.
class arguments {
 public:
  arguments(std::string purpose, std::vector<option> options);

  /// False if help was asked for, and printed.
  /// Throws usage_error on an option that is unknown or lacks its value.
  [[nodiscard]] bool parse(int argc, const char* const* argv);

  // All of these take the name of a known option; the numeric ones throw usage_error on anything
  // else.
  [[nodiscard]] const std::string& text(std::string_view name) const;
  [[nodiscard]] bool flag(std::string_view name) const { return !text(name).empty(); }
  [[nodiscard]] double positive_number(std::string_view name) const;
  [[nodiscard]] std::uint64_t count(std::string_view name, std::uint64_t least,
                                    std::uint64_t most) const;
  /// What stands between commas.
  [[nodiscard]] std::vector<std::string> list(std::string_view name) const;

 private:
  void print_help(std::string_view program) const;

  std::string purpose_;
  std::vector<option> options_;
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace mainstem::bench
