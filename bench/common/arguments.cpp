// SPDX-License-Identifier: Apache-2.0
#include "common/arguments.h"

#include <algorithm>
#include <charconv>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <utility>

namespace mainstem::bench {

arguments::arguments(std::string purpose, std::vector<option> options)
    : purpose_(std::move(purpose)), options_(std::move(options)) {
  for (const auto& known : options_) values_[known.name] = known.default_text;
}

bool arguments::parse(int argc, const char* const* argv) {
  const std::vector<std::string> given(argv + 1, argv + argc);
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i] == "--help" || given[i] == "-h") {
      print_help(argv[0]);
      return false;
    }
    const auto known = std::find_if(options_.begin(), options_.end(),
                                    [&](const option& o) { return "--" + o.name == given[i]; });
    if (known == options_.end()) throw usage_error("unknown option " + given[i] + " (see --help)");
    if (known->value.empty()) {
      values_[known->name] = "yes";
      continue;
    }
    if (i + 1 == given.size()) throw usage_error(given[i] + " needs a value: " + known->value);
    values_[known->name] = given[++i];
  }
  return true;
}

const std::string& arguments::text(std::string_view name) const {
  return values_.find(name)->second;
}

double arguments::positive_number(std::string_view name) const {
  const auto& value = text(name);
  double number = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (ec != std::errc{} || end != value.data() + value.size() || !(number > 0))
    throw usage_error("--" + std::string(name) + " takes a number above 0, not \"" + value + "\"");
  return number;
}

std::uint64_t arguments::count(std::string_view name, std::uint64_t least,
                               std::uint64_t most) const {
  const auto& value = text(name);
  std::uint64_t number = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool is_number = ec == std::errc{} && end == value.data() + value.size();
  if (!is_number || number < least || number > most)
    throw usage_error("--" + std::string(name) + " takes a whole number from " +
                      std::to_string(least) + " to " + std::to_string(most) + ", not \"" + value +
                      "\"");
  return number;
}

std::vector<std::string> arguments::list(std::string_view name) const {
  std::vector<std::string> parts;
  std::istringstream in(text(name));
  for (std::string part; std::getline(in, part, ',');)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

void arguments::print_help(std::string_view program) const {
  std::cout << purpose_ << "\n\nusage: " << program << " [options]\n";
  for (const auto& o : options_) {
    std::cout << "  " << std::left << std::setw(22)
              << "--" + o.name + (o.value.empty() ? "" : " " + o.value) << o.help;
    if (!o.default_text.empty()) std::cout << " (" << o.default_text << ")";
    std::cout << '\n';
  }
}

}  // namespace mainstem::bench
