// SPDX-License-Identifier: Apache-2.0
#include "engine/log_rewriter.h"

#include <algorithm>

#include "base/bytes.h"
#include "format/trailer.h"

namespace mainstem::engine {
namespace {

constexpr std::uint64_t header_bytes = format::segment_header_layout::size;
constexpr std::uint64_t buffer_bytes = 1U << 20U;

/// What has to fit behind the frames of a segment of this size: a mark and the trailer.
std::uint64_t end_bytes(std::uint64_t segment_size_bytes) noexcept {
  const std::uint64_t entries = segment_size_bytes / log::segment::sparse_interval_bytes + 1;
  return format::prefix_bytes(0) + format::trailer_bytes(entries);
}

}  // namespace

log_rewriter::log_rewriter(std::shared_ptr<os::directory> to, const format::store_identity& store,
                           clock_source& clock, const settings& how)
    : files_(std::move(to), store,
             {.segment_size_bytes = how.segment_size_bytes, .access = log::read_access::copied},
             clock),
      settings_(how) {}

result<void> log_rewriter::append(const format::frame_prefix& prefix,
                                  std::span<const std::byte> frame) {
  const bool is_gap = prefix.first_position != last_position_ + 1;
  const std::uint64_t end = written_ + buffer_.size() + frame.size();
  const bool fits = file_ && end + end_bytes(header_.segment_size) <= header_.segment_size;
  if (is_gap || !fits) {
    if (auto ended = end_segment(); !ended) return ended;
    if (auto begun = begin_segment(prefix.first_position, frame.size()); !begun) return begun;
  }
  return write_frame(prefix, frame);
}

result<void> log_rewriter::begin_segment(std::uint64_t first_position, std::uint64_t frame_bytes) {
  ++number_;
  auto file =
      files_.directory().open_file(log::segment_file_name(number_), os::open_mode::create_new);
  if (!file) return log::with_disk_full(file.error());
  file_ = std::move(*file);
  constexpr std::uint64_t page_bytes = 4096;
  const std::uint64_t least = 2 * (header_bytes + frame_bytes) + 4 * end_bytes(frame_bytes);
  const std::uint64_t size = std::max(settings_.segment_size_bytes, align_up(least, page_bytes));
  const std::uint32_t flags =
      first_position == last_position_ + 1 ? 0 : format::segment_flags::loss_accepted;
  header_ =
      files_.header_for(number_, settings_.epoch, position(first_position), chain_, size, flags);
  last_position_ = first_position - 1;
  buffer_.resize(header_bytes);
  format::encode_segment_header(header_, files_.store(), buffer_);
  written_ = 0;
  return {};
}

result<void> log_rewriter::write_frame(format::frame_prefix prefix,
                                       std::span<const std::byte> frame) {
  const std::uint64_t offset = written_ + buffer_.size();
  const std::size_t begin = buffer_.size();
  buffer_.insert(buffer_.end(), frame.begin(), frame.end());
  prefix.epoch = settings_.epoch;
  prefix.segment = number_;
  prefix.durable_position = last_position_;
  prefix.previous_checksum = chain_;
  // Times never go back along a log, whatever the old one has.
  prefix.timestamp = std::max(prefix.timestamp, last_timestamp_);
  chain_ = format::encode_prefix(
      prefix, std::span(buffer_).subspan(begin, format::prefix_bytes(prefix.stream_count)),
      files_.store().secret, offset);
  last_timestamp_ = prefix.timestamp;
  last_position_ = prefix.last_position();
  return buffer_.size() >= buffer_bytes ? write_out() : result<void>();
}

result<void> log_rewriter::write_out() {
  if (auto written = file_->write_at(written_, buffer_); !written)
    return log::with_disk_full(written.error());
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

result<void> log_rewriter::end_segment() {
  if (!file_) return {};
  if (auto written = write_out(); !written) return written;
  const auto ended = files_.make_segment(std::move(file_), header_);
  ended->publish(written_, position(last_position_));
  return files_.seal(*ended, chain_, settings_.epoch, position(last_position_));
}

result<void> log_rewriter::finish(position taken) {
  const bool has_gap = taken.value() > last_position_;
  if (!file_ && !has_gap && number_ == 0) return {};  // There was nothing at all.
  if (has_gap) {
    if (auto ended = end_segment(); !ended) return ended;
    if (auto begun = begin_segment(taken.value() + 1, 0); !begun) return begun;
  }
  format::frame_prefix mark;
  mark.kind = format::frame_kind::mark;
  mark.length = static_cast<std::uint32_t>(format::prefix_bytes(0));
  mark.first_position = last_position_ + 1;
  mark.timestamp = last_timestamp_;
  const std::vector<std::byte> frame(mark.length);
  if (auto written = write_frame(mark, frame); !written) return written;
  if (auto written = write_out(); !written) return written;
  if (auto synced = file_->sync(); !synced) return log::with_disk_full(synced.error());
  return files_.directory().sync();
}

}  // namespace mainstem::engine
