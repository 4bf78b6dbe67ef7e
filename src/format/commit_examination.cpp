// SPDX-License-Identifier: Apache-2.0
#include "format/commit_examination.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"

namespace mainstem::format {
namespace {

/// Goes through the records of a body, past those that are damaged.
class record_search {
 public:
  record_search(const frame_prefix& prefix, std::span<const std::byte> body) noexcept
      : prefix_(prefix), body_(body) {}

  /// The record at `offset` if it checks out and may stand there behind `ordinal` others.
  [[nodiscard]] std::optional<event_record> at(std::size_t offset, std::uint32_t ordinal) const {
    auto record = decode_record(body_.subspan(offset));
    const bool fits = record && record->body_offset_bytes == offset && record->ordinal >= ordinal &&
                      record->ordinal < prefix_.event_count &&
                      record->stream_index < prefix_.stream_count;
    if (!fits || !verify_record(*record, prefix_.body_digest)) return std::nullopt;
    return record;
  }

  [[nodiscard]] std::optional<event_record> next(std::size_t offset, std::uint32_t ordinal) const {
    for (; offset + event_record_layout::size <= body_.size(); offset += alignment_bytes) {
      if (auto record = at(offset, ordinal)) return record;
    }
    return std::nullopt;
  }

 private:
  const frame_prefix& prefix_;
  std::span<const std::byte> body_;
};

}  // namespace

commit_examination examine_commit(const frame_prefix& prefix, std::span<const std::byte> frame) {
  commit_examination found;
  const std::size_t prefix_size = prefix_bytes(prefix.stream_count);
  const auto body = frame.first(prefix.length).subspan(prefix_size);
  found.versions_hold = verify_versions(prefix, frame);
  auto table = decode_stream_table(body, prefix.stream_count, prefix.body_digest);
  found.names_hold = table.has_value();
  if (table) found.names = std::move(table->names);

  const record_search search(prefix, body);
  std::size_t offset = table ? table->size_bytes : commit_body_layout::size;
  for (std::uint32_t ordinal = 0; ordinal < prefix.event_count;) {
    const auto record = search.next(std::min(offset, body.size()), ordinal);
    const std::uint32_t upto = record ? record->ordinal : prefix.event_count;
    if (upto > ordinal) found.damaged.push_back({ordinal, upto - 1, prefix_size + offset});
    if (!record) break;
    found.records.push_back(*record);
    offset = record->body_offset_bytes + record->bytes.size();
    ordinal = record->ordinal + 1;
  }
  return found;
}

}  // namespace mainstem::format
