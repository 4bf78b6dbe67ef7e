// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <array>
#include <string_view>

#include "common/command_line.h"

namespace event_log {
namespace {

constexpr std::array known_options{"--store",       "--work",           "--json",   "--threads",
                                   "--kills",       "--seed",           "--events", "--orders",
                                   "--category",    "--stream",         "--type",   "--time",
                                   "--time-format", "--version-column", "--number"};

constexpr std::array csv_only{"--category", "--stream",      "--type",
                              "--time",     "--time-format", "--version-column"};

outcome<csv_options> csv_from(const std::string& path, const given_options& given) {
  csv_options csv;
  csv.path = path;
  struct needed {
    const char* name;
    const char* meaning;
    std::string* into;
  };
  const std::array all{
      needed{"--category", "what stream names begin with", &csv.category},
      needed{"--stream", "the column that says which stream a row belongs to", &csv.stream_column},
      needed{"--type", "the column that is the event's type", &csv.type_column},
      needed{"--time", "the column that rows are ordered by", &csv.time_column},
      needed{"--time-format", "how that column is written, as for strptime", &csv.time_format}};
  for (const needed& option : all) {
    take_text(given, option.name, *option.into);
    if (option.into->empty())
      return bad_input(std::string(option.name) + " is missing: " + option.meaning);
  }
  if (const auto found = given.find("--version-column"); found != given.end())
    csv.version_column = found->second;
  return csv;
}

outcome<void> take_numbers(const given_options& given, options& into) {
  if (auto r = take_number(given, "--threads", 1U, 1024U, into.threads); !r) return r;
  if (auto r = take_number(given, "--kills", 0U, 10'000U, into.kills); !r) return r;
  if (auto r = take_number(given, "--number", 1U, 1'000'000U, into.number); !r) return r;
  constexpr std::uint64_t any = ~std::uint64_t{0};
  if (auto r = take_number(given, "--seed", std::uint64_t{0}, any, into.seed); !r) return r;
  constexpr std::uint64_t most = 100'000'000;
  if (auto r = take_number(given, "--events", std::uint64_t{1}, most, into.events); !r) return r;
  if (auto r = take_number(given, "--orders", std::uint64_t{1}, most, into.orders); !r) return r;
  if (into.orders > into.events)
    return bad_input("--orders is above --events: an order has at least one event");
  return {};
}

outcome<verb> verb_from(const std::string& text) {
  if (text == "demo") return verb::demo;
  if (text == "load") return verb::load;
  if (text == "verify") return verb::verify;
  if (text == "writer") return verb::writer;
  if (text == "help" || text == "--help" || text == "-h") return verb::help;
  return bad_input("unknown command " + text + ": expected demo, load or verify");
}

outcome<void> check_combination(const command_line& line, options& chosen) {
  const bool loads = chosen.verb == verb::demo || chosen.verb == verb::load;
  if (line.operands.size() > (loads ? 1U : 0U))
    return bad_input("unexpected argument " + line.operands.back());
  if (!loads && (chosen.store.empty() || chosen.work.empty()))
    return bad_input("--store and --work are needed here");
  if (chosen.verb == verb::load) {
    if (chosen.store.empty()) return bad_input("--store is missing: where the events are to go");
    if (!line.given.contains("--kills")) chosen.kills = 0;
  }
  if (!loads) return {};
  if (line.operands.empty()) {
    for (const char* name : csv_only)
      if (line.given.contains(name)) return bad_input(std::string(name) + " needs a CSV file");
    return {};
  }
  auto csv = csv_from(line.operands.front(), line.given);
  if (!csv) return csv.error();
  chosen.csv = *csv;
  return {};
}

}  // namespace

outcome<options> parse_options(const std::vector<std::string>& arguments) {
  options chosen;
  if (arguments.empty()) return bad_input("expected a command: demo, load or verify");
  for (const std::string& argument : arguments)
    if (argument == "--help" || argument == "-h") return chosen;
  const auto command = verb_from(arguments.front());
  if (!command) return command.error();
  chosen.verb = *command;
  const auto line = split_arguments("event_log", arguments, 1, known_options);
  if (!line) return line.error();
  take_text(line->given, "--store", chosen.store);
  take_text(line->given, "--work", chosen.work);
  take_text(line->given, "--json", chosen.json);
  if (auto r = take_numbers(line->given, chosen); !r) return r.error();
  if (auto r = check_combination(*line, chosen); !r) return r.error();
  return chosen;
}

std::string usage() {
  return R"(event_log: an event log goes into a store durably, while its writer is killed again and again

  event_log demo   [options] [FILE.csv[.gz] columns]   load, kill the writer, verify
  event_log load   [options] [FILE.csv[.gz] columns]   load, verify
  event_log verify --store DIR --work DIR              verify again what a run left

Without a file: an order workload that the program makes itself.

columns, for a file:
  --category NAME         streams are called NAME-<value of the stream column>
  --stream COLUMN         which stream a row belongs to
  --type COLUMN           the event's type
  --time COLUMN           rows go in ordered by it; equal times stay in the order of the file
  --time-format FORMAT    how it is written, as for strptime: '%d/%m/%Y %H:%M'
  --version-column COLUMN whole numbers: duplicates, steps back and gaps in it are reported

options:
  --store DIR    where the store goes: a new or an empty folder (default: a temporary one)
  --work DIR     where rows and acknowledgements go, and stay (default: a temporary folder)
  --threads N    writer threads, each with one commit at a time (default 32)
  --kills N      how often the writer is killed with SIGKILL (demo: 20, load: 0)
  --seed N       of the order workload, of event ids and of the moments of the kills (default 1)
  --events N     of the order workload (default 200000)
  --orders N     of the order workload (default 20000)
  --json FILE    the figures
  --help

Exit status: 0 all is there; 1 something was lost or broke; 2 wrong call or input, nothing touched.
)";
}

}  // namespace event_log
