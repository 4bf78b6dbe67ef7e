// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <mainstem/append.h>

#include "base/fake_clock.h"
#include "format/commit_body.h"
#include "format/frame.h"
#include "log/recovery.h"
#include "log/segment_files.h"
#include "os/file.h"

/// Logs made by hand, frame by frame, as the writer makes them or as it never would.
namespace mainstem::test {

/// What a log holds: payload text by position.
using event_map = std::map<std::uint64_t, std::string>;

[[nodiscard]] inline format::store_identity a_store(std::uint8_t number = 1) {
  uuid::bytes_type bytes{};
  bytes[0] = std::byte{number};
  format::store_identity store;
  store.store_id = uuid(bytes);
  bytes[1] = std::byte{1};
  store.lineage_id = uuid(bytes);
  store.secret = 0x1234567890abcdefU + number;
  return store;
}

struct built_frame {
  std::uint32_t segment = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  format::frame_kind kind = format::frame_kind::commit;
  std::uint64_t first_position = 0;
  std::uint64_t last_position = 0;  ///< Of a mark: first_position - 1.
  std::uint64_t checksum = 0;

  [[nodiscard]] std::uint64_t end() const noexcept { return offset + length; }
};

struct log_builder_options {
  std::uint64_t segment_size_bytes = 16U << 10U;
  std::uint32_t epoch = 1;
  std::size_t payload_bytes = 40;
  /// Goes into the payloads, to tell one life of a log from another.
  std::string tag = "a";
  format::store_identity store = a_store();
  log::space_preparation preparation = log::space_preparation::zero_fill;
  log::read_access access = log::read_access::copied;
};

/// Writes a log. Calls that fail leave it unusable, as a failed write leaves the writer.
class log_builder {
 public:
  explicit log_builder(std::shared_ptr<os::directory> folder, log_builder_options options = {})
      : options_(std::move(options)),
        files_(std::move(folder), options_.store,
               {options_.segment_size_bytes, options_.preparation, options_.access}, clock_) {}

  /// Goes on where a recovery ended.
  log_builder(std::shared_ptr<os::directory> folder, const log::recovered_log& recovered,
              log_builder_options options)
      : log_builder(std::move(folder), std::move(options)) {
    options_.epoch = recovered.epoch;
    current_ = recovered.segments.back();
    end_ = recovered.end;
    durable_ = recovered.durable.value();
  }

  [[nodiscard]] log::segment_files& files() noexcept { return files_; }
  [[nodiscard]] const log_builder_options& options() const noexcept { return options_; }
  [[nodiscard]] const log::log_point& end() const noexcept { return end_; }
  [[nodiscard]] const std::shared_ptr<log::segment>& current() const noexcept { return current_; }
  [[nodiscard]] std::uint64_t durable() const noexcept { return durable_; }
  [[nodiscard]] const std::vector<built_frame>& frames() const noexcept { return frames_; }
  [[nodiscard]] const event_map& events() const noexcept { return events_; }
  void set_epoch(std::uint32_t epoch) noexcept { options_.epoch = epoch; }
  void set_durable(std::uint64_t durable) noexcept { durable_ = durable; }
  /// For the next header.
  void set_header_flags(std::uint32_t flags) noexcept { header_flags_ = flags; }
  void set_incompatible_features(std::uint64_t bits) noexcept { incompatible_ = bits; }
  void set_compatible_features(std::uint64_t bits) noexcept { compatible_ = bits; }

  /// Makes the next segment's file. Its header goes out with the first frame. Syncs the segment
  /// before.
  result<void> begin_segment() {
    if (current_) {
      if (auto synced = sync(); !synced) return synced;
    }
    const std::uint32_t number = current_ ? current_->number() + 1 : 1;
    auto file = files_.make_spare(number, options_.segment_size_bytes);
    if (!file) return file.error();
    auto header = files_.header_for(number, options_.epoch, position(end_.last.value() + 1),
                                    end_.chain, options_.segment_size_bytes, header_flags_);
    header.incompatible_features = incompatible_;
    header.compatible_features = compatible_;
    previous_ = current_;
    previous_chain_ = end_.chain;
    current_ = std::make_shared<log::segment>(std::move(*file), header, options_.access,
                                              options_.store.secret);
    end_.segment = number;
    end_.offset_bytes = format::segment_header_layout::size;
    header_due_ = true;
    return {};
  }

  /// Seals the segment before the current one.
  result<void> seal_previous() {
    return files_.seal(*previous_, previous_chain_, options_.epoch,
                       position(previous_->last_position()));
  }

  /// Appends a commit of so many events, alternating between three streams.
  result<void> commit(std::size_t event_count = 1) {
    std::vector<append_request::stream_write> writes;
    const std::uint64_t first = end_.last.value() + 1;
    for (std::size_t i = 0; i < event_count; ++i) {
      std::string payload = options_.tag + ":" + std::to_string(first + i) + ":";
      payload.resize(std::max(payload.size(), options_.payload_bytes), '.');
      const event_data event("happened", text(payload));
      new_events_[first + i] = std::move(payload);
      if (i == 0) {
        const std::string stream = "stream-" + std::to_string(frames_.size() % 3);
        writes.push_back({stream_name(stream), any, {event}});
      } else {
        writes.back().events.push_back(event);
      }
    }
    auto encoded = format::encode_commit(writes);
    std::uint64_t& version = versions_[writes.front().stream.str()];
    format::set_first_version(encoded.frame(), 0, version + 1);
    version += event_count;

    format::frame_prefix prefix;
    prefix.stream_count = encoded.stream_count;
    prefix.length = encoded.length;
    prefix.event_count = static_cast<std::uint32_t>(event_count);
    prefix.body_digest = encoded.body_digest;
    return write(prefix, encoded.frame());
  }

  result<void> mark() {
    std::vector<std::byte> frame(format::prefix_bytes(0));
    format::frame_prefix prefix;
    prefix.kind = format::frame_kind::mark;
    prefix.length = static_cast<std::uint32_t>(frame.size());
    return write(prefix, frame);
  }

  /// A frame of any kind, without a body.
  result<void> bare_frame(format::frame_kind kind, std::uint8_t flags = 0) {
    std::vector<std::byte> frame(format::prefix_bytes(0));
    format::frame_prefix prefix;
    prefix.kind = kind;
    prefix.flags = flags;
    prefix.length = static_cast<std::uint32_t>(frame.size());
    return write(prefix, frame);
  }

  result<void> sync() {
    if (auto synced = current_->file().sync(); !synced) return synced;
    durable_ = end_.last.value();
    return {};
  }

  /// Commit and sync: what has been acknowledged.
  result<void> commit_synced(std::size_t event_count = 1) {
    if (auto written = commit(event_count); !written) return written;
    return sync();
  }

  [[nodiscard]] bool has_room(std::size_t event_count) const noexcept {
    const std::uint64_t needed = 256 + event_count * (options_.payload_bytes + 128);
    return end_.offset_bytes + needed + 1024 <= current_->header().segment_size;
  }

 private:
  result<void> write(format::frame_prefix& prefix, std::span<std::byte> frame) {
    prefix.epoch = options_.epoch;
    prefix.segment = current_->number();
    prefix.first_position = end_.last.value() + 1;
    prefix.durable_position = durable_;
    prefix.timestamp = ++timestamp_;
    prefix.previous_checksum = end_.chain;
    const auto place = frame.first(format::prefix_bytes(prefix.stream_count));
    const std::uint64_t checksum =
        format::encode_prefix(prefix, place, options_.store.secret, end_.offset_bytes);
    frames_.push_back({current_->number(), end_.offset_bytes, prefix.length, prefix.kind,
                       prefix.first_position, prefix.last_position(), checksum});

    std::vector<std::byte> header;
    std::vector<std::span<const std::byte>> parts;
    if (header_due_) {
      header.resize(format::segment_header_layout::size);
      format::encode_segment_header(current_->header(), options_.store, header);
      parts.emplace_back(header);
    }
    parts.emplace_back(frame);
    const std::uint64_t offset = header_due_ ? 0 : end_.offset_bytes;
    header_due_ = false;
    if (auto written = current_->file().write_at(offset, parts); !written) return written;

    if (prefix.event_count != 0)
      current_->note_frame(position(prefix.first_position), end_.offset_bytes);
    end_.last = position(prefix.last_position());
    end_.offset_bytes += prefix.length;
    end_.chain = checksum;
    current_->publish(end_.offset_bytes, end_.last);
    events_.merge(new_events_);
    new_events_.clear();
    return {};
  }

  log_builder_options options_;
  fake_clock clock_;
  log::segment_files files_;
  std::shared_ptr<log::segment> previous_;
  std::shared_ptr<log::segment> current_;
  std::uint64_t previous_chain_ = 0;
  log::log_point end_;
  std::uint64_t durable_ = 0;
  std::uint64_t timestamp_ = fake_clock::default_unix_nanoseconds;
  std::uint32_t header_flags_ = 0;
  std::uint64_t incompatible_ = 0;
  std::uint64_t compatible_ = 0;
  bool header_due_ = false;
  std::map<std::string, std::uint64_t> versions_;
  std::vector<built_frame> frames_;
  event_map events_;
  event_map new_events_;
};

/// The events that replay() hands out beyond `from`. A position that comes twice or out of order
/// makes it an error.
[[nodiscard]] inline result<event_map> read_events(const log::segment_list& segments,
                                                   const format::store_identity& store,
                                                   const log::log_point& from = {}) {
  event_map events;
  auto played =
      log::replay(segments, from, store,
                  [&events](const log::segment&, std::uint64_t, const format::frame_prefix& prefix,
                            std::span<const std::byte> frame) -> result<void> {
                    if (!events.empty() && events.rbegin()->first >= prefix.first_position)
                      return errc::corrupt_data;
                    const auto body = frame.subspan(format::prefix_bytes(prefix.stream_count));
                    const auto table =
                        format::decode_stream_table(body, prefix.stream_count, prefix.body_digest);
                    if (!table) return errc::corrupt_data;
                    format::record_cursor cursor(body, table->size_bytes, prefix.body_digest);
                    std::uint64_t at = prefix.first_position;
                    while (const auto record = cursor.next(true))
                      events[at++] = std::string(as_text(record->payload));
                    return {};
                  });
  if (!played) return played.error();
  return events;
}

}  // namespace mainstem::test
