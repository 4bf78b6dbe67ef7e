// SPDX-License-Identifier: Apache-2.0
#include "engine/commit_split.h"

#include <optional>
#include <string>

#include "base/bytes.h"
#include "format/commit_body.h"

namespace mainstem::engine {
namespace {

std::optional<event_data> as_event(const format::event_record& record) {
  event_options options{.id = record.id(), .tags = {}, .metadata = record.metadata};
  std::string_view tags = record.encoded_tags;
  while (!tags.empty()) {
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(tags.front()));
    options.tags.emplace_back(tags.substr(1, length));
    tags.remove_prefix(1 + length);
  }
  auto event = event_data::make(record.type, {record.payload, record.codec}, options);
  if (!event) return std::nullopt;
  return *std::move(event);
}

/// Events that follow each other without a gap.
class run {
 public:
  run(const format::frame_prefix& prefix, std::span<const std::byte> frame,
      const format::commit_examination& parts)
      : prefix_(prefix), frame_(frame), parts_(parts) {}

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] bool is_followed_by(const format::event_record& record) const noexcept {
    return !empty() && record.ordinal == first_ordinal_ + count_;
  }
  /// False if the record cannot be an event of ours.
  bool add(const format::event_record& record) {
    auto event = as_event(record);
    auto name = stream_name::parse(parts_.names[record.stream_index]);
    if (!event || !name) return false;
    if (empty()) first_ordinal_ = record.ordinal;
    if (writes_.empty() || record.stream_index != stream_index_) {
      stream_index_ = record.stream_index;
      writes_.push_back({*std::move(name), any, {}});
      versions_.push_back(format::first_version_of(frame_, record.stream_index) +
                          record.stream_ordinal);
    }
    writes_.back().events.push_back(*std::move(event));
    ++count_;
    return true;
  }

  [[nodiscard]] partial_commit encode() const {
    auto encoded = format::encode_commit(writes_);
    for (std::size_t i = 0; i < versions_.size(); ++i)
      format::set_first_version(encoded.frame(), i, versions_[i]);
    partial_commit commit;
    commit.prefix = prefix_;
    commit.prefix.stream_count = encoded.stream_count;
    commit.prefix.length = encoded.length;
    commit.prefix.event_count = count_;
    commit.prefix.first_position = prefix_.first_position + first_ordinal_;
    commit.prefix.body_digest = encoded.body_digest;
    const auto bytes = encoded.frame();
    commit.frame.assign(bytes.begin(), bytes.end());
    return commit;
  }

 private:
  const format::frame_prefix& prefix_;
  std::span<const std::byte> frame_;
  const format::commit_examination& parts_;
  std::vector<append_request::stream_write> writes_;
  std::vector<std::uint64_t> versions_;
  std::uint32_t first_ordinal_ = 0;
  std::uint32_t count_ = 0;
  std::uint16_t stream_index_ = 0;
};

}  // namespace

std::vector<partial_commit> split_commit(const format::frame_prefix& prefix,
                                         std::span<const std::byte> frame,
                                         const format::commit_examination& parts) {
  std::vector<partial_commit> commits;
  if (!parts.events_hold()) return commits;
  std::optional<run> current;
  const auto end_run = [&] {
    if (current && !current->empty()) commits.push_back(current->encode());
    current.reset();
  };
  for (const format::event_record& record : parts.records) {
    if (current && !current->is_followed_by(record)) end_run();
    if (!current) current.emplace(prefix, frame, parts);
    if (!current->add(record)) end_run();
  }
  end_run();
  return commits;
}

}  // namespace mainstem::engine
