// SPDX-License-Identifier: Apache-2.0
#include "log/segment_files.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/assert.h"
#include "base/mutant.h"
#include "format/layout.h"
#include "format/trailer.h"
#include "log/file_window.h"

namespace mainstem::log {
namespace {

constexpr std::uint32_t oldest_reader = 1;  // 0.1

}  // namespace

error with_disk_full(const error& failure) {
  if (!os::is_disk_full(failure)) return failure;
  error_info info = failure.info();
  info.detail += ": " + failure.code().message();
  return {errc::disk_full, std::move(info)};
}

segment_files::segment_files(std::shared_ptr<os::directory> directory,
                             const format::store_identity& store,
                             const segment_file_options& options, clock_source& clock)
    : directory_(std::move(directory)), store_(store), options_(options), clock_(clock) {}

result<std::shared_ptr<os::file>> segment_files::make_spare(std::uint32_t number,
                                                            std::uint64_t size_bytes) {
  auto taken = is_taken(number);
  if (!taken) return with_disk_full(taken.error());
  if (*taken) {
    return error(errc::missing_segment,
                 error_info{.detail = "a segment stands where a new one is to be made",
                            .path = directory_->path() + "/" + segment_file_name(number)});
  }
  return make_filled(number, size_bytes, {});
}

result<bool> segment_files::is_taken(std::uint32_t number) {
  auto file = directory_->open_file(segment_file_name(number), os::open_mode::read_only);
  if (!file) {
    if (os::is_missing(file.error())) return false;
    return file.error();
  }
  std::byte bytes[format::segment_header_layout::size];
  auto got = (*file)->read_at(0, bytes);
  if (!got) return got.error();
  return format::decode_segment_header(std::span<const std::byte>(bytes).first(*got), store_)
      .has_value();
}

result<std::shared_ptr<os::file>> segment_files::make_filled(std::uint32_t number,
                                                             std::uint64_t size_bytes,
                                                             std::span<const std::byte> content) {
  MAINSTEM_ASSERT(content.size() <= size_bytes);
  const std::string name = segment_file_name(number);
  const std::string aside = name + std::string(aside_suffix);
  if (auto filled = fill_aside(aside, size_bytes, content); !filled) {
    // Best effort: opening the store removes what stands aside.
    static_cast<void>(directory_->remove(aside));
    return with_disk_full(filled.error());
  }
  if (auto renamed = directory_->rename(aside, name); !renamed)
    return with_disk_full(renamed.error());
  if (MAINSTEM_MUTANT(no_directory_sync))
    return directory_->open_file(name, os::open_mode::read_write);
  if (auto synced = directory_->sync(); !synced) return with_disk_full(synced.error());
  auto file = directory_->open_file(name, os::open_mode::read_write);
  if (!file) return with_disk_full(file.error());
  return file;
}

result<void> segment_files::fill_aside(const std::string& name, std::uint64_t size_bytes,
                                       std::span<const std::byte> content) {
  auto file = directory_->open_file(name, os::open_mode::create_new);
  if (!file && file.error().code() == boost::system::errc::file_exists) {
    if (auto removed = directory_->remove(name); !removed) return removed.error();
    file = directory_->open_file(name, os::open_mode::create_new);
  }
  if (!file) return file.error();
  if (!content.empty()) {
    if (auto written = (*file)->write_at(0, content); !written) return written.error();
  }
  if (auto prepared = prepare_space(**file, content.size(), size_bytes); !prepared)
    return prepared.error();
  if (MAINSTEM_MUTANT(new_segment_not_synced)) return {};
  return (*file)->sync();
}

result<void> segment_files::prepare_space(os::file& file, std::uint64_t from,
                                          std::uint64_t size_bytes) const {
  if (options_.preparation == space_preparation::reserve) return file.allocate(size_bytes);
  // Few enough zeros to stay in the processor's cache; synced piece by piece, since an append whose
  // sync queues behind a whole segment of zeros waits for 10 ms.
  static constexpr std::array<std::byte, 64U << 10U> zeros{};
  constexpr std::uint64_t synced_together_bytes = 1U << 20U;
  std::uint64_t unsynced = 0;
  for (std::uint64_t offset = from; offset < size_bytes;) {
    if (unsynced >= synced_together_bytes) {
      if (auto synced = file.sync(); !synced) return synced.error();
      unsynced = 0;
    }
    const std::uint64_t count = std::min<std::uint64_t>(zeros.size(), size_bytes - offset);
    if (auto written = file.write_at(offset, std::span(zeros).first(count)); !written)
      return written.error();
    offset += count;
    unsynced += count;
  }
  return {};
}

format::segment_header segment_files::header_for(std::uint32_t number, std::uint32_t epoch,
                                                 position first, std::uint64_t previous_checksum,
                                                 std::uint64_t size_bytes,
                                                 std::uint32_t flags) const {
  format::segment_header header;
  header.minimum_reader = oldest_reader;
  header.store_id = store_.store_id;
  header.lineage_id = store_.lineage_id;
  header.parent_lineage_id = store_.parent_lineage_id;
  header.segment = number;
  header.epoch = epoch;
  header.first_position = first.value();
  header.previous_checksum = previous_checksum;
  header.segment_size = size_bytes;
  header.created = clock_.unix_nanoseconds();
  header.flags = flags;
  return header;
}

result<void> segment_files::seal(const segment& ended, std::uint64_t previous_checksum,
                                 std::uint32_t epoch, position durable,
                                 const frame_totals* counted) {
  os::file& file = ended.file();
  auto size = file.size();
  if (!size) return size.error();
  file_window window(file, *size, store_.secret);
  auto present = window.final_trailer();
  if (!present) return present.error();
  if (*present && (*present)->offset_bytes == ended.end_offset() &&
      (*present)->prefix.segment == ended.number() &&
      (*present)->prefix.previous_checksum == previous_checksum &&
      (*present)->first_position == ended.first_position().value() &&
      (*present)->last_position == ended.last_position().value()) {
    return {};
  }
  auto totals = counted != nullptr ? result<frame_totals>(*counted)
                                   : add_up_frames(window, ended.number(), ended.end_offset());
  if (!totals) return totals.error();

  format::trailer trailer;
  trailer.offset_bytes = ended.end_offset();
  trailer.prefix.segment = ended.number();
  trailer.prefix.epoch = epoch;
  trailer.prefix.first_position = ended.last_position().value() + 1;
  trailer.prefix.durable_position = durable.value();
  trailer.prefix.timestamp = totals->last_timestamp;
  trailer.prefix.previous_checksum = previous_checksum;
  trailer.first_position = ended.first_position().value();
  trailer.last_position = ended.last_position().value();
  trailer.frame_count = totals->frame_count;
  trailer.event_count = totals->event_count;
  trailer.first_timestamp = totals->first_timestamp;
  trailer.last_timestamp = totals->last_timestamp;
  trailer.entries = std::move(totals->entries);
  // In a damaged segment a frame may stand that is not one of its own.
  std::erase_if(trailer.entries, [&trailer](const sparse_entry& entry) {
    return entry.position < trailer.first_position || entry.position > trailer.last_position;
  });
  if (!format::is_coherent(trailer)) {
    return error(errc::corrupt_data,
                 error_info{.detail = "the positions of the segment do not go together: put the "
                                      "file back from a copy",
                            .path = file.path()});
  }
  const std::vector<std::byte> frame = format::encode_trailer(trailer, store_.secret);

  // Written before the file is cut: so that no new space is needed. Until both are there, the file
  // does not end with a trailer, and all of this is done again.
  if (auto written = file.write_at(trailer.offset_bytes, frame); !written)
    return with_disk_full(written.error());
  const std::uint64_t sealed_size = trailer.offset_bytes + frame.size();
  if (sealed_size != *size) {
    if (auto cut = file.resize(sealed_size); !cut) return with_disk_full(cut.error());
  }
  if (auto synced = file.sync(); !synced) return with_disk_full(synced.error());
  return {};
}

std::shared_ptr<segment> segment_files::make_segment(std::shared_ptr<os::file> file,
                                                     const format::segment_header& header) const {
  return std::make_shared<segment>(std::move(file), header, options_.access, store_.secret);
}

}  // namespace mainstem::log
