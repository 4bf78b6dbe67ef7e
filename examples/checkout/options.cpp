// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <array>

#include "common/command_line.h"

namespace checkout {
namespace {

constexpr std::array known_options{"--store", "--work",  "--checkpoint", "--seconds", "--workers",
                                   "--items", "--kills", "--seed",       "--number"};

outcome<verb> verb_from(const std::string& text) {
  if (text == "demo") return verb::demo;
  if (text == "verify") return verb::verify;
  if (text == "follow") return verb::follow;
  if (text == "writer") return verb::writer;
  if (text == "follower") return verb::follower;
  return bad_input("unknown command " + text + ": expected demo, verify or follow");
}

outcome<void> take_numbers(const given_options& given, options& into) {
  if (auto r = take_number(given, "--seconds", 1U, 3600U, into.seconds); !r) return r;
  if (auto r = take_number(given, "--workers", 1U, 256U, into.workers); !r) return r;
  if (auto r = take_number(given, "--items", 1U, 1000U, into.items); !r) return r;
  if (auto r = take_number(given, "--kills", 0U, 1000U, into.kills); !r) return r;
  if (auto r = take_number(given, "--number", 1U, 1'000'000U, into.number); !r) return r;
  constexpr std::uint64_t any = ~std::uint64_t{0};
  return take_number(given, "--seed", std::uint64_t{0}, any, into.seed);
}

outcome<void> check_combination(const given_options& given, const options& chosen) {
  if (chosen.verb == verb::follow) {
    if (chosen.store.empty()) return bad_input("--store is missing: the store to follow");
    return {};
  }
  if (given.contains("--checkpoint")) return bad_input("--checkpoint belongs to follow");
  if (chosen.verb != verb::demo && (chosen.store.empty() || chosen.work.empty()))
    return bad_input("--store and --work are needed here");
  return {};
}

}  // namespace

outcome<options> parse_options(const std::vector<std::string>& arguments) {
  options chosen;
  if (arguments.empty()) return bad_input("expected a command: demo, verify or follow");
  for (const std::string& argument : arguments)
    if (argument == "--help" || argument == "-h" || argument == "help") return chosen;
  const auto word = verb_from(arguments.front());
  if (!word) return word.error();
  chosen.verb = *word;
  const auto line = split_arguments("checkout", arguments, 1, known_options);
  if (!line) return line.error();
  if (!line->operands.empty()) return bad_input("unexpected argument " + line->operands.front());
  take_text(line->given, "--store", chosen.store);
  take_text(line->given, "--work", chosen.work);
  take_text(line->given, "--checkpoint", chosen.checkpoint);
  if (auto r = take_numbers(line->given, chosen); !r) return r.error();
  if (auto r = check_combination(line->given, chosen); !r) return r.error();
  return chosen;
}

std::string usage() {
  return R"(checkout: workers sell the same few things, while their process is killed again and again

  checkout demo   [options]                         sell, kill, follow, verify
  checkout verify --store DIR --work DIR            verify again what a demo left
  checkout follow --store DIR [--checkpoint FILE]   print what is sold, until interrupted

options:
  --seconds N    how long is sold (default 12)
  --workers N    coroutines, each with one order at a time (default 8)
  --items N      how many things there are to fight over (default 10)
  --kills N      how often the selling process is killed with SIGKILL (default 6)
  --seed N       of what customers want, and of the moments of the kills (default 1)
  --store DIR    where the store goes: a new or an empty folder (default: a temporary one)
  --work DIR     where acknowledgements and checkpoint go, and stay (default: a temporary folder)
  --help

Exit status: 0 all is as it should be; 1 something was lost, sold twice, or broke; 2 wrong call,
nothing touched.
)";
}

}  // namespace checkout
