// SPDX-License-Identifier: Apache-2.0
#include "index/row_finder.h"

#include <string>

namespace mainstem::index {
namespace {

bool belongs(const std::optional<row>& found, const run_record& run,
             std::uint64_t stream) noexcept {
  if (!found) return false;
  const auto place = parse_entry_key(found->key);
  return place && place->run == run.run && place->stream == stream;
}

error no_row(const run_record& run, std::uint64_t stream) {
  return corrupt("stream number " + std::to_string(stream) + " has no row in run " +
                 std::to_string(run.run));
}

}  // namespace

result<stream_row> decode_row(const run_record& run, const row& from) {
  const auto place = parse_entry_key(from.key);
  if (!place) return corrupt("the key of a row of events is damaged");
  auto entry = decode_entry(run.home(), from.key, from.value);
  if (!entry) return entry.error();
  const bool first_of_stream = entry->previous_flush() == 0;
  // Only rows that point to older flushes make sure that following them comes to an end.
  if (place->run != run.run || place->stream == 0 || place->first_version == 0 ||
      place->first_version + entry->count() - 1 > largest_48_bits ||
      entry->previous_flush() >= run.low_flush || (place->first_version == 1 && !first_of_stream)) {
    return corrupt("a row of events contradicts its run");
  }
  return stream_row{*place, *entry};
}

result<cursor*> row_finder::over(table home) {
  auto& opened = cursors_[static_cast<std::size_t>(home)];
  if (!opened) {
    auto cursor = in_.open_cursor(home);
    if (!cursor) return cursor.error();
    opened = std::move(*cursor);
  }
  return opened.get();
}

result<stream_row> row_finder::at_or_first(const run_record& run, std::uint64_t stream,
                                           std::uint64_t version) {
  auto rows = over(run.home());
  if (!rows) return rows.error();
  auto above = (*rows)->seek(entry_key({run.run, stream, version}));
  if (!above) return above.error();
  if (belongs(*above, run, stream)) {
    auto found = decode_row(run, **above);
    if (!found || found->first_version() <= version) return found;
    auto below = (*rows)->previous();
    if (!below) return below.error();
    if (!belongs(*below, run, stream)) return found;
    return decode_row(run, **below);
  }
  auto below = (*rows)->previous();
  if (!below) return below.error();
  if (!belongs(*below, run, stream)) return no_row(run, stream);
  return decode_row(run, **below);
}

result<stream_row> row_finder::last(const run_record& run, std::uint64_t stream) {
  return at_or_first(run, stream, largest_48_bits);
}

result<std::optional<stream_row>> row_finder::previous(const run_record& run,
                                                       std::uint64_t stream) {
  auto rows = over(run.home());
  if (!rows) return rows.error();
  auto before = (*rows)->previous();
  if (!before) return before.error();
  if (!belongs(*before, run, stream)) return std::optional<stream_row>{};
  auto found = decode_row(run, **before);
  if (!found) return found.error();
  return std::optional<stream_row>{*found};
}

}  // namespace mainstem::index
