// SPDX-License-Identifier: Apache-2.0
#include "log/recovery.h"

#include <algorithm>

#include "base/advice.h"
#include "log/log_repair.h"
#include "log/log_survey.h"

namespace mainstem::log {
namespace {

error_info place_of(const log_survey& survey, const chain_break& damage,
                    const std::string& folder) {
  error_info info;
  const std::uint64_t last = damage.resumed != 0 ? damage.resumed - 1 : survey.evidence;
  if (damage.next_missing) {
    info.path = folder + "/" + segment_file_name(survey.files[damage.file].number + 1);
    info.detail = std::string(missing_behind_sealed) + ", from position " +
                  std::to_string(damage.expected) + " on, is gone";
    return info;
  }
  info.path = survey.files.empty() ? folder : survey.files[damage.file].file->path();
  info.offset = damage.offset;
  if (damage.expected <= last) {
    info.first_position = damage.expected;
    info.last_position = last;
    info.detail = "events that had been acknowledged are damaged or missing";
  } else {
    info.detail = "a part of the log that had been durable is damaged; no event is lost there";
  }
  return info;
}

error describe(const log_survey& survey, const chain_break& damage, const std::string& folder) {
  const auto more = static_cast<std::size_t>(
      std::count_if(survey.breaks.begin(), survey.breaks.end(), [&](const chain_break& other) {
        return &other != &damage && (other.certain || other.expected <= survey.evidence);
      }));
  error_info info = place_of(survey, damage, folder);
  if (more != 0) info.detail += ", and so it is at " + std::to_string(more) + " other places";
  info.detail +=
      "; put the file back from a copy, or open with accept_loss to go on without what is lost";
  return {errc::store_damaged, std::move(info)};
}

/// What a disk answers wrong once it may answer right the next time. So nothing is left out, let
/// alone cut, that was not read twice.
result<log_survey> survey_twice(segment_files& files, const recovery_request& request) {
  constexpr int most_attempts = 4;
  auto survey = survey_log(files, request);
  for (int i = 1; i < most_attempts && survey && survey->leaves_something_out(); ++i) {
    auto again = survey_log(files, request);
    if (!again || again->agrees_with(*survey)) return again;
    survey = std::move(again);
  }
  if (!survey || !survey->leaves_something_out()) return survey;
  return error(
      errc::corrupt_data,
      error_info{.detail = advised("the log reads differently each time: the disk, its cable "
                                   "or the memory is failing; nothing was changed",
                                   change_hardware),
                 .path = files.directory().path()});
}

}  // namespace

result<recovered_log> recover(segment_files& files, const recovery_request& request) {
  // Nobody has written that many events, and the next one needs a position, too.
  constexpr std::uint64_t largest = std::uint64_t{1} << 62U;
  if (std::max(request.evidence, request.from.last).value() > largest) {
    return error(
        errc::corrupt_index,
        error_info{
            .detail =
                "the index or a checkpoint names a position that no log can reach: remove the "
                "folder `index`; if that does not help, put the folder `state` back from a copy",
            .path = files.directory().path()});
  }
  auto survey = survey_twice(files, request);
  if (!survey) return survey.error();
  log_repair repair(files, *survey);
  const chain_break* const damage = survey->damage();
  if (damage != nullptr && (!request.accept_loss || request.change_nothing)) {
    recovered_log log = repair.look(false);
    log.clean = false;
    log.damage = describe(*survey, *damage, files.directory().path());
    return log;
  }
  if (request.change_nothing) return repair.look(true);
  if (damage != nullptr) {
    error lost = describe(*survey, *damage, files.directory().path());
    auto log = repair.accept_loss();
    if (log) log->damage.emplace(std::move(lost));
    return log;
  }
  return survey->is_clean() ? repair.go_on() : repair.rewrite_tail();
}

}  // namespace mainstem::log
