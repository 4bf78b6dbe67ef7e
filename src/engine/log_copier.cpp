// SPDX-License-Identifier: Apache-2.0
#include "engine/log_copier.h"

#include <algorithm>

#include "base/bytes.h"
#include "format/frame.h"
#include "log/file_window.h"
#include "log/segment_files.h"

namespace mainstem::engine {
namespace {

using format::frame_kind;

constexpr std::uint64_t first_frame_offset = format::segment_header_layout::size;
constexpr std::uint64_t piece_bytes = 1U << 20U;

error damaged(const os::directory& folder, const std::string& name, const std::string& what) {
  return {
      errc::store_damaged,
      error_info{.detail = what + ": verify the store; put the segment back from a copy, or let "
                                  "repair make a new store of all that is good",
                 .path = folder.path() + "/" + name}};
}

}  // namespace

/// A place behind a frame.
struct log_copier::frames_end {
  std::uint64_t offset = first_frame_offset;
  std::uint64_t last_position = 0;
  std::uint64_t chain = 0;
  std::uint32_t epoch = 0;
  std::uint64_t timestamp = 0;
};

result<log_copy_report> log_copier::run(position up_to) {
  if (auto selected = select(up_to); !selected) return selected.error();
  bool changed = false;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const std::uint64_t kept = report_.segments_kept;
    auto copied = i + 1 < files_.size() ? copy_ended(i) : copy_last(up_to);
    if (!copied) return log::with_disk_full(copied.error());
    if (!changed && report_.segments_kept == kept) {
      changed = true;
      report_.first_changed = files_[i].number;
    }
  }
  report_.segments = files_.size();
  if (auto synced = to_->sync(); !synced) return log::with_disk_full(synced.error());
  return report_;
}

/// The segments that have events up to there.
result<void> log_copier::select(position up_to) {
  auto files = log::list_segments(from_, store_);
  if (!files) return files.error();
  files_ = std::move(*files);
  while (!files_.empty() &&
         (!files_.back().header || files_.back().header->first_position > up_to.value()))
    files_.pop_back();
  if (files_.empty() && up_to != position{})
    return damaged(from_, log::segment_file_name(1),
                   "the segment is missing or has lost its header");
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const log::listed_file& file = files_[i];
    if (file.number != i + 1) {
      return damaged(from_, log::segment_file_name(static_cast<std::uint32_t>(i + 1)),
                     "the segment is missing");
    }
    if (!file.header) return damaged(from_, file.name, file.failure->info().detail);
    bytes_total_ += file.size_bytes;
  }
  return {};
}

result<log_copier::frames_end> log_copier::find_end(os::file& file, const log::listed_file& listed,
                                                    const stop_function& is_end) const {
  auto size = file.size();
  if (!size) return size.error();
  log::file_window window(file, *size, store_.secret);
  frames_end end{first_frame_offset, listed.header->first_position - 1,
                 listed.header->previous_checksum, listed.header->epoch, listed.header->created};
  while (!is_end(end)) {
    auto prefix = window.prefix_at(end.offset);
    if (!prefix) return prefix.error();
    if (!*prefix || (*prefix)->segment != listed.number || (*prefix)->kind == frame_kind::trailer ||
        (*prefix)->previous_checksum != end.chain ||
        (*prefix)->first_position != end.last_position + 1) {
      return damaged(from_, listed.name,
                     "no valid frame stands at " + std::to_string(end.offset) +
                         ", where position " + std::to_string(end.last_position + 1) +
                         " should be");
    }
    end.offset += (*prefix)->length;
    end.last_position = (*prefix)->last_position();
    end.chain = (*prefix)->checksum;
    end.epoch = (*prefix)->epoch;
    end.timestamp = (*prefix)->timestamp;
  }
  return end;
}

result<log_copier::frames_end> log_copier::find_end_at(os::directory& folder, std::uint32_t number,
                                                       position at) const {
  auto files = log::list_segments(folder, store_);
  if (!files) return files.error();
  const auto listed = std::ranges::find(*files, number, &log::listed_file::number);
  if (listed == files->end() || !listed->header)
    return damaged(folder, log::segment_file_name(number), "the segment is missing or damaged");
  auto file = folder.open_file(listed->name, os::open_mode::read_only);
  if (!file) return file.error();
  return find_end(**file, *listed,
                  [at](const frames_end& end) { return end.last_position >= at.value(); });
}

result<std::uint32_t> log_copier::check_agreement(position at) {
  auto files = log::list_segments(*to_, store_);
  if (!files) return files.error();
  std::uint32_t number = 1;
  for (const log::listed_file& file : *files) {
    if (file.header && file.header->first_position <= at.value()) number = file.number;
  }
  auto there = find_end_at(*to_, number, at);
  if (!there) return there.error();
  auto here = find_end_at(from_, number, at);
  if (!here) return here.error();
  if (here->chain == there->chain && here->last_position == there->last_position) return number;
  error_info info{.detail =
                      "the folder holds a backup of another history of this store: back up into "
                      "another folder",
                  .path = to_->path() + "/" + log::segment_file_name(number),
                  .offset = there->offset};
  info.first_position = info.last_position = at.value();
  return error(errc::foreign_file, std::move(info));
}

result<void> log_copier::copy_ended(std::size_t index) {
  const log::listed_file& listed = files_[index];
  auto file = from_.open_file(listed.name, os::open_mode::read_only);
  if (!file) return file.error();
  auto same = has_same(listed, **file);
  if (!same) return same.error();
  if (*same) {
    ++report_.segments_kept;
    return tell(listed.size_bytes);
  }
  auto size = (*file)->size();
  if (!size) return size.error();
  log::file_window window(**file, *size, store_.secret);
  auto trailer = window.final_trailer();
  if (!trailer) return trailer.error();
  const bool is_sealed = trailer && *trailer && (*trailer)->prefix.segment == listed.number;
  if (is_sealed && options_.hard_links) {
    auto linked = link(listed);
    if (!linked) return linked.error();
    if (*linked) return tell(listed.size_bytes);
  }
  auto copy = begin(listed.name);
  if (!copy) return copy.error();
  if (is_sealed) {
    if (auto copied = copy_bytes(**file, **copy, *size); !copied) return copied;
    return finish(listed.name, **copy);
  }
  // Its trailer is on the way; or its writer died before.
  const format::segment_header& next = *files_[index + 1].header;
  if (next.loss_accepted())
    return damaged(from_, listed.name, "the segment before an accepted loss has no trailer");
  auto end = find_end(**file, listed, [&next](const frames_end& at) {
    return at.last_position + 1 == next.first_position && at.chain == next.previous_checksum;
  });
  if (!end) return end.error();
  if (auto copied = copy_bytes(**file, **copy, end->offset); !copied) return copied;
  if (auto sealed = seal(*copy, listed, *end); !sealed) return sealed;
  return finish(listed.name, **copy);
}

result<void> log_copier::seal(const std::shared_ptr<os::file>& file, const log::listed_file& listed,
                              const frames_end& end) {
  log::segment_files files(to_, store_, {.access = log::read_access::copied}, clock_);
  const auto ended = files.make_segment(file, *listed.header);
  ended->publish(end.offset, position(end.last_position));
  return files.seal(*ended, end.chain, end.epoch, position(end.last_position));
}

result<void> log_copier::copy_last(position up_to) {
  const log::listed_file& listed = files_.back();
  auto file = from_.open_file(listed.name, os::open_mode::read_only);
  if (!file) return file.error();
  auto end = find_end(**file, listed,
                      [up_to](const frames_end& at) { return at.last_position >= up_to.value(); });
  if (!end) return end.error();
  if (end->last_position != up_to.value())
    return damaged(from_, listed.name,
                   "no commit ends with position " + std::to_string(up_to.value()));

  auto copy = begin(listed.name);
  if (!copy) return copy.error();
  if (auto copied = copy_bytes(**file, **copy, end->offset); !copied) return copied;
  format::frame_prefix mark;
  mark.kind = frame_kind::mark;
  mark.length = static_cast<std::uint32_t>(format::prefix_bytes(0));
  mark.epoch = end->epoch;
  mark.segment = listed.number;
  mark.first_position = up_to.value() + 1;
  mark.durable_position = up_to.value();
  mark.timestamp = end->timestamp;
  mark.previous_checksum = end->chain;
  std::vector<std::byte> bytes(mark.length);
  format::encode_prefix(mark, bytes, store_.secret, end->offset);
  if (auto written = (*copy)->write_at(end->offset, bytes); !written) return written;
  return finish(listed.name, **copy);
}

/// Whether `to` has this segment. The chain of checksums in header and trailer stands for all that
/// is between them.
result<bool> log_copier::has_same(const log::listed_file& listed, os::file& from) {
  auto there = to_->open_file(listed.name, os::open_mode::read_only);
  if (!there) {
    if (os::is_missing(there.error())) return false;
    return there.error();
  }
  auto size = (*there)->size();
  if (!size) return size.error();
  log::file_window copy(**there, *size, store_.secret);
  auto sealed = copy.final_trailer();
  if (!sealed) return sealed.error();
  if (!*sealed) return false;  // The end of an earlier backup.
  auto size_now = from.size();
  if (!size_now) return size_now.error();
  log::file_window now(from, *size_now, store_.secret);
  auto trailer = now.final_trailer();
  if (!trailer) return trailer.error();
  std::byte headers[2][first_frame_offset];
  auto first = from.read_at(0, headers[0]);
  auto second = (*there)->read_at(0, headers[1]);
  if (!first) return first.error();
  if (!second) return second.error();
  const bool same =
      std::ranges::equal(headers[0], headers[1]) &&
      (!*trailer || ((*trailer)->offset_bytes == (*sealed)->offset_bytes &&
                     (*trailer)->prefix.previous_checksum == (*sealed)->prefix.previous_checksum));
  if (same) return true;
  return error(
      errc::foreign_file,
      error_info{.detail = "the segment is not the one that the store has: this is a backup "
                           "of another history. Back up into another folder",
                 .path = (*there)->path()});
}

result<bool> log_copier::link(const log::listed_file& listed) {
  const std::string aside = listed.name + std::string(log::aside_suffix);
  if (auto removed = to_->remove(aside); !removed && !os::is_missing(removed.error()))
    return removed.error();
  // Across file systems, or where nobody supports it: then it is copied.
  if (!from_.hard_link(listed.name, *to_, aside)) return false;
  if (auto renamed = to_->rename(aside, listed.name); !renamed) return renamed.error();
  if (auto synced = to_->sync(); !synced) return synced.error();
  ++report_.segments_linked;
  return true;
}

result<std::shared_ptr<os::file>> log_copier::begin(const std::string& name) {
  const std::string aside = name + std::string(log::aside_suffix);
  if (auto removed = to_->remove(aside); !removed && !os::is_missing(removed.error()))
    return removed.error();
  return to_->open_file(aside, os::open_mode::create_new);
}

result<void> log_copier::copy_bytes(os::file& from, os::file& to, std::uint64_t bytes) {
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(piece_bytes);
  for (std::uint64_t offset = 0; offset < bytes;) {
    const auto wanted = std::min(piece_bytes, bytes - offset);
    auto got = from.read_at(offset, {buffer.get(), wanted});
    if (!got) return got.error();
    if (*got == 0)
      return error(
          errc::corrupt_data,
          error_info{.detail = "the file became shorter while it was being copied: try again",
                     .path = from.path(),
                     .offset = offset});
    const std::span<const std::byte> piece(buffer.get(), *got);
    if (auto written = to.write_at(offset, piece); !written) return written;
    offset += *got;
    report_.bytes_copied += *got;
    if (auto told = tell(*got); !told) return told;
  }
  return {};
}

result<void> log_copier::finish(const std::string& name, os::file& file) {
  if (auto synced = file.sync(); !synced) return synced;
  if (auto renamed = to_->rename(name + std::string(log::aside_suffix), name); !renamed)
    return renamed;
  // Before the next one: a later segment must not be there without this.
  return to_->sync();
}

result<void> log_copier::tell(std::uint64_t bytes) {
  bytes_done_ += bytes;
  if (!options_.on_progress) return {};
  return options_.on_progress(std::min(bytes_done_, bytes_total_), bytes_total_);
}

}  // namespace mainstem::engine
