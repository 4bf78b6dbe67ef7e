// SPDX-License-Identifier: Apache-2.0
#include "common/command_line.h"

#include <algorithm>

namespace examples {
namespace {

problem unknown_option(const std::string& name, const std::string& program) {
  return bad_input("unknown option " + name + " (see " + program + " --help)");
}

}  // namespace

outcome<command_line> split_arguments(const std::string& program,
                                      const std::vector<std::string>& arguments, std::size_t from,
                                      std::span<const char* const> known_options) {
  command_line line;
  for (std::size_t i = from; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!argument.starts_with("--")) {
      line.operands.push_back(argument);
      continue;
    }
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    if (std::ranges::none_of(known_options, [&](const char* known) { return name == known; }))
      return unknown_option(name, program);
    std::string value;
    if (equals != std::string::npos) {
      value = argument.substr(equals + 1);
    } else {
      if (i + 1 == arguments.size()) return bad_input(name + " needs a value");
      value = arguments[++i];
    }
    if (value.empty()) return bad_input(name + " needs a value");
    if (!line.given.emplace(name, std::move(value)).second)
      return bad_input(name + " is given twice");
  }
  return line;
}

void take_text(const given_options& given, std::string_view name, std::string& into) {
  if (const auto found = given.find(name); found != given.end()) into = found->second;
}

}  // namespace examples
