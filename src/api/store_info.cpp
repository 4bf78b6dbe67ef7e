// SPDX-License-Identifier: Apache-2.0
#include <mainstem/store_info.h>

namespace mainstem {
namespace {

std::string counted(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

}  // namespace

std::string recovery_report::to_string() const {
  std::string text = clean ? "closed properly the last time" : "not closed properly the last time";
  text += "; last position " + std::to_string(last_position.value());
  if (events_replayed != 0)
    text += "; " + counted(events_replayed, "event", "events") + " not in the index read again";
  if (events_rewritten != 0)
    text +=
        "; " + counted(events_rewritten, "unproven event", "unproven events") + " written again";
  if (bytes_cut != 0) text += "; " + counted(bytes_cut, "torn byte", "torn bytes") + " cut off";
  if (index_rebuilt) text += "; index rebuilt";
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  text += "; opened in " + std::to_string(took) + " ms";
  if (damage) text += "; DAMAGE: " + damage->message();
  return text;
}

}  // namespace mainstem
