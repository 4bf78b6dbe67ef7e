// SPDX-License-Identifier: Apache-2.0
#include "ctl/arguments.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <string_view>

#include <mainstem/version.h>

namespace mainstem::ctl {
namespace {

CLI::App* add_verb(CLI::App& app, const char* name, const char* what) {
  CLI::App* const verb = app.add_subcommand(name, what);
  // Options of all verbs may stand behind the verb as well.
  verb->fallthrough();
  return verb;
}

CLI::App* add_info(CLI::App& app, info_arguments& into) {
  CLI::App* const verb = add_verb(app, "info", "Show what a store says of itself; reads no events");
  verb->add_option("store", into.store, "The folder of the store")->required();
  return verb;
}

CLI::App* add_verify(CLI::App& app, verify_arguments& into) {
  CLI::App* const verb =
      add_verb(app, "verify",
               "Read everything, and name all that is not as it was written; changes nothing");
  verb->add_option("store", into.store, "The folder of the store; a process may be writing it")
      ->required();
  verb->add_flag("--log-only", into.log_only, "Neither the index nor checkpoints");
  verb->add_option(
      "--to", into.to,
      "The digest of the log ends with this position, to be compared with an older copy");
  return verb;
}

CLI::App* add_dump(CLI::App& app, dump_arguments& into) {
  CLI::App* const verb =
      add_verb(app, "dump", "Show a segment frame by frame, or a frame or an event byte by byte");
  verb->add_option("store", into.store, "The folder of the store")->required();
  CLI::Option* const segment =
      verb->add_option("--segment", into.segment, "The number of a segment");
  verb->add_option("--frame", into.frame, "The offset of a frame in that segment")->needs(segment);
  verb->add_option("--event", into.event, "The position of an event")->excludes(segment);
  verb->add_option("--most-bytes", into.most_bytes, "How much of a payload is shown")
      ->capture_default_str();
  return verb;
}

CLI::App* add_backup(CLI::App& app, backup_arguments& into) {
  CLI::App* const verb = add_verb(
      app, "backup", "Copy a store, which a process may be writing; or bring a backup up to date");
  verb->add_option("store", into.store, "The folder of the store")->required();
  verb->add_option("target", into.target, "A new folder, or that of an earlier backup")->required();
  verb->add_flag("--hard-links", into.hard_links,
                 "Share sealed segments with the store where the file system can");
  return verb;
}

CLI::App* add_restore(CLI::App& app, restore_arguments& into) {
  CLI::App* const verb = add_verb(app, "restore", "Make a store of a backup, in a new folder");
  verb->add_option("backup", into.backup, "The folder of the backup")->required();
  verb->add_option("target", into.target, "A folder that is empty, or does not exist yet")
      ->required();
  verb->add_option("--highest-known", into.highest_known,
                   "The highest position that anybody has seen of the store; if the backup has it, "
                   "the restored store is the same history, otherwise it begins a new lineage");
  return verb;
}

CLI::App* add_repair(CLI::App& app, repair_arguments& into) {
  CLI::App* const verb =
      add_verb(app, "repair", "Make a new store of all that is provably good in a damaged one");
  verb->add_option("store", into.store, "The folder of the damaged store; nothing in it is changed")
      ->required();
  verb->add_option("target", into.target, "A folder that is empty, or does not exist yet")
      ->required();
  return verb;
}

}  // namespace

output output_of(int count, const char* const* values) noexcept {
  const auto is_json = [](const char* value) { return std::string_view(value) == "--json"; };
  return std::any_of(values, values + count, is_json) ? output::json : output::text;
}

std::variant<arguments, exit_status> parse(int count, const char* const* values) {
  CLI::App app("The tools for the worst day of a Mainstem store.", "mainstemctl");
  app.set_version_flag("--version", "mainstemctl " + std::string(library_version()));
  app.footer("Exit status: 0 all is well, 1 there are findings, 2 it could not run.");
  app.require_subcommand(1);
  bool as_json = false;
  app.add_flag("--json", as_json, "Write JSON to standard output, for scripts");

  info_arguments info;
  verify_arguments verify;
  const CLI::App* const info_verb = add_info(app, info);
  dump_arguments dump;
  backup_arguments backup;
  restore_arguments restore;
  repair_arguments repair;
  const CLI::App* const verify_verb = add_verify(app, verify);
  const CLI::App* const dump_verb = add_dump(app, dump);
  const CLI::App* const backup_verb = add_backup(app, backup);
  const CLI::App* const restore_verb = add_restore(app, restore);
  const CLI::App* const repair_verb = add_repair(app, repair);
  try {
    app.parse(count, values);
    if (dump_verb->parsed() && !dump.segment && !dump.event)
      throw CLI::RequiredError("--segment or --event");
  } catch (const CLI::ParseError& failure) {
    const bool is_answered = failure.get_exit_code() == 0;  // --help and --version.
    if (is_answered) {
      app.exit(failure);
      return exit_status::good;
    }
    const bool has_no_verb = app.get_subcommands().empty() && !app.remaining().empty();
    return fail(error(errc::invalid_argument,
                      has_no_verb ? "there is no verb '" + app.remaining().front() + "'"
                                  : std::string(failure.what())),
                output_of(count, values));
  }

  arguments found{.as = as_json ? output::json : output::text, .verb = {}};
  if (info_verb->parsed()) found.verb = info;
  if (verify_verb->parsed()) found.verb = verify;
  if (dump_verb->parsed()) found.verb = dump;
  if (backup_verb->parsed()) found.verb = backup;
  if (restore_verb->parsed()) found.verb = restore;
  if (repair_verb->parsed()) found.verb = repair;
  return found;
}

}  // namespace mainstem::ctl
