// SPDX-License-Identifier: Apache-2.0
#include "log/log_survey.h"

#include <algorithm>

#include "base/advice.h"
#include "base/bytes.h"
#include "base/mutant.h"

namespace mainstem::log {
namespace {

error about(const surveyed_file& file, errc code, std::string detail) {
  return {code, error_info{.detail = std::move(detail), .path = file.file->path()}};
}

class surveyor {
 public:
  surveyor(segment_files& files, const recovery_request& request)
      : files_(files), request_(request) {}

  result<log_survey> run();

 private:
  result<void> list();
  result<void> open(surveyed_file& file);
  result<void> read_header(surveyed_file& file);
  result<bool> is_foreign(surveyed_file& file, std::span<const std::byte> header);
  result<void> check_order() const;
  [[nodiscard]] bool is_linked(std::size_t index) const;
  [[nodiscard]] std::size_t last_accepted() const;
  [[nodiscard]] std::size_t start(std::size_t accepted) const;
  [[nodiscard]] std::uint64_t limit_of(std::size_t index) const;
  void take_trailer(surveyed_file& file);
  result<void> walk_accepted(std::size_t end);
  result<void> walk_from(std::size_t begin);
  void report(std::uint64_t bytes);

  segment_files& files_;
  const recovery_request& request_;
  log_survey survey_;
  std::uint64_t bytes_done_ = 0;
  std::uint64_t bytes_total_ = 0;
};

result<log_survey> surveyor::run() {
  if (auto listed = list(); !listed) return listed.error();
  for (surveyed_file& file : survey_.files) {
    if (auto opened = open(file); !opened) return opened.error();
  }
  if (auto ordered = check_order(); !ordered) return ordered.error();
  for (std::size_t i = 0; i < survey_.files.size(); ++i) {
    auto& trailer = survey_.files[i].trailer;
    if (trailer && trailer->last_position >= limit_of(i)) trailer.reset();
  }

  const std::size_t accepted = last_accepted();
  const std::size_t begin = start(accepted);
  for (std::size_t i = begin; i < survey_.files.size(); ++i)
    bytes_total_ += survey_.files[i].size_bytes;
  if (auto walked = walk_accepted(accepted); !walked) return walked.error();
  for (std::size_t i = accepted; i < begin; ++i) take_trailer(survey_.files[i]);
  if (auto walked = walk_from(begin); !walked) return walked.error();
  return std::move(survey_);
}

result<void> surveyor::list() {
  auto names = files_.directory().list();
  if (!names) return names.error();
  for (std::string& name : *names) {
    if (name.ends_with(aside_suffix)) {
      survey_.aside.push_back(std::move(name));
    } else if (const auto number = parse_segment_file_name(name)) {
      survey_.files.push_back({.number = *number, .name = std::move(name)});
    }
  }
  std::sort(survey_.files.begin(), survey_.files.end(),
            [](const auto& left, const auto& right) { return left.number < right.number; });
  std::uint32_t expected = 1;
  for (const surveyed_file& file : survey_.files) {
    if (file.number != expected) {
      return error(
          errc::missing_segment,
          error_info{.detail = "the segment is missing, but a later one is there: "
                               "put it back from a copy",
                     .path = files_.directory().path() + "/" + segment_file_name(expected)});
    }
    ++expected;
  }
  return {};
}

result<void> surveyor::open(surveyed_file& file) {
  const auto mode = request_.change_nothing ? os::open_mode::read_only : os::open_mode::read_write;
  auto opened = files_.directory().open_file(file.name, mode);
  if (!opened) return opened.error();
  file.file = std::move(*opened);
  auto size = file.file->size();
  if (!size) return size.error();
  file.size_bytes = *size;
  if (auto read = read_header(file); !read) return read;

  file_window window(*file.file, file.size_bytes, files_.store().secret);
  auto trailer = window.final_trailer();
  if (!trailer) return trailer.error();
  const bool belongs = *trailer && (*trailer)->prefix.segment == file.number &&
                       (!file.header || file.header->first_position == (*trailer)->first_position);
  if (belongs) file.trailer = std::move(*trailer);
  return {};
}

result<void> surveyor::read_header(surveyed_file& file) {
  std::byte buffer[format::segment_header_layout::size];
  auto got = file.file->read_at(0, buffer);
  if (!got) return got.error();
  const auto bytes = std::span<const std::byte>(buffer).first(*got);
  auto header = format::decode_segment_header(bytes, files_.store());
  if (header) {
    if (header->segment != file.number) {
      return about(file, errc::missing_segment,
                   advised("the file is segment " + std::to_string(header->segment) +
                           " under another name"));
    }
    file.header = *header;
    return {};
  }
  if (header.error() == errc::corrupt_data) return {};
  if (header.error() == errc::foreign_file) {
    auto foreign = is_foreign(file, bytes);
    if (!foreign) return foreign.error();
    if (!*foreign) return {};
  }
  error_info info = header.error().info();
  info.path = file.file->path();
  return error(header.error().code(), std::move(info));
}

// A torn or damaged header of our own may show another store's id. A file of another store is
// whole, and none of our frames stands in it.
result<bool> surveyor::is_foreign(surveyed_file& file, std::span<const std::byte> header) {
  namespace at = format::segment_header_layout;
  if (load<std::uint64_t>(header.data() + at::checksum.offset) == 0) return false;
  file_window window(*file.file, file.size_bytes, files_.store().secret);
  for (std::uint64_t offset = 0; offset < file.size_bytes;) {
    auto prefix = window.prefix_at(offset);
    if (!prefix) return prefix.error();
    if (*prefix) return false;
    auto next = window.find_magic(offset, file.size_bytes);
    if (!next) return next.error();
    offset = *next;
  }
  return true;
}

result<void> surveyor::check_order() const {
  std::uint64_t first = 0;
  for (const surveyed_file& file : survey_.files) {
    if (!file.header) continue;
    if (file.header->first_position < std::max<std::uint64_t>(first, 1)) {
      return about(
          file, errc::missing_segment,
          advised("the segment begins with position " +
                  std::to_string(file.header->first_position) + ", the one before it with " +
                  std::to_string(first) + ", so it is an older copy"));
    }
    first = file.header->first_position;
  }
  return {};
}

/// True if the segment's trailer and the next segment's header agree on what lies between them.
bool surveyor::is_linked(std::size_t index) const {
  if (index + 1 >= survey_.files.size()) return false;
  const auto& here = survey_.files[index];
  const auto& next = survey_.files[index + 1];
  return here.header && here.trailer && next.header &&
         here.trailer->prefix.first_position == next.header->first_position &&
         here.trailer->prefix.previous_checksum == next.header->previous_checksum;
}

/// The last segment before which all damage was accepted; 0 if there is none.
std::size_t surveyor::last_accepted() const {
  for (std::size_t i = survey_.files.size(); i-- > 0;) {
    const auto& header = survey_.files[i].header;
    if (header && (header->flags & format::segment_flags::loss_accepted) != 0) return i;
  }
  return 0;
}

std::size_t surveyor::start(std::size_t accepted) const {
  std::size_t index = accepted;
  for (std::size_t i = accepted; i < survey_.files.size(); ++i) {
    const auto& header = survey_.files[i].header;
    const bool holds = header && survey_.files[i].number <= request_.from.segment &&
                       header->first_position - 1 <= request_.from.last.value();
    if (holds) index = i;
  }
  for (std::size_t i = accepted; i < index; ++i) {
    if (!is_linked(i)) return i;
  }
  return index;
}

std::uint64_t surveyor::limit_of(std::size_t index) const {
  for (std::size_t i = index + 1; i < survey_.files.size(); ++i) {
    if (survey_.files[i].header) return survey_.files[i].header->first_position;
  }
  return chain_walker::no_limit;
}

void surveyor::take_trailer(surveyed_file& file) {
  const format::trailer& trailer = *file.trailer;
  file.has_frames = trailer.frame_count != 0;
  file.first_position = trailer.first_position;
  file.last_position = trailer.last_position;
  file.end_offset = file.unbroken_end = trailer.offset_bytes;
  file.chain = trailer.prefix.previous_checksum;
  file.last_timestamp = trailer.last_timestamp;
  survey_.last_timestamp = std::max(survey_.last_timestamp, trailer.last_timestamp);
  survey_.highest_epoch =
      std::max({survey_.highest_epoch, trailer.prefix.epoch, file.header ? file.header->epoch : 0});
}

/// Segments before an accepted loss: each for itself, for nobody asks any more how they hang
/// together.
result<void> surveyor::walk_accepted(std::size_t end) {
  for (std::size_t i = 0; i < end; ++i) {
    surveyed_file& file = survey_.files[i];
    if (file.trailer) {
      take_trailer(file);
      continue;
    }
    chain_walker walker(survey_.files, files_.store(), {}, 0);
    if (auto walked = walker.walk(i, nullptr, limit_of(i)); !walked) return walked;
    survey_.highest_epoch = std::max(survey_.highest_epoch, walker.highest_epoch());
    survey_.last_timestamp = std::max(survey_.last_timestamp, walker.last_timestamp());
  }
  return {};
}

result<void> surveyor::walk_from(std::size_t begin) {
  const std::uint64_t known = std::max(request_.evidence.value(), request_.from.last.value());
  chain_walker walker(survey_.files, files_.store(), request_.from, known);
  for (std::size_t i = begin; i < survey_.files.size(); ++i) {
    const auto& behind = i + 1 < survey_.files.size() ? survey_.files[i + 1].header : std::nullopt;
    if (auto walked = walker.walk(i, behind ? &*behind : nullptr, limit_of(i)); !walked)
      return walked;
    report(survey_.files[i].size_bytes);
  }
  const std::size_t used = survey_.used_files();
  const auto& breaks = walker.breaks();
  const bool open = std::any_of(breaks.begin(), breaks.end(),
                                [](const auto& found) { return found.resumed == 0; });
  const std::size_t last = used == 0 ? 0 : used - 1;
  if (walker.evidence() >= walker.expected() && !open) {
    walker.lose_chain(last, survey_.files.empty() ? 0 : survey_.files[last].end_offset);
  } else if (used > 0 && survey_.files[last].trailer) {
    // A segment is sealed when the one behind it is durable.
    walker.lose_next_segment(last);
  }
  survey_.evidence = walker.evidence();
  survey_.highest = std::max(walker.highest(), walker.expected() - 1);
  survey_.highest_epoch = std::max(survey_.highest_epoch, walker.highest_epoch());
  survey_.last_timestamp = std::max(survey_.last_timestamp, walker.last_timestamp());
  survey_.expected = walker.expected();
  survey_.chain = walker.chain();
  survey_.breaks = walker.breaks();
  survey_.pending.assign(walker.pending().begin(), walker.pending().end());
  survey_.proven = walker.proven();
  survey_.final_mark = walker.final_mark();
  survey_.from_found =
      MAINSTEM_MUTANT(index_point_not_checked) || walker.from_found() ||
      request_.from.last == position{} ||
      (begin < survey_.files.size() && survey_.files[begin].number > request_.from.segment);
  return {};
}

void surveyor::report(std::uint64_t bytes) {
  bytes_done_ += bytes;
  if (request_.on_progress) request_.on_progress(bytes_done_, bytes_total_);
}

}  // namespace

const chain_break* log_survey::damage() const noexcept {
  if (MAINSTEM_MUTANT(cut_at_first_bad_frame)) return nullptr;
  for (const chain_break& found : breaks) {
    if (found.certain || found.expected <= evidence) return &found;
  }
  return nullptr;
}

bool log_survey::lacks_its_end() const noexcept {
  return !breaks.empty() && breaks.back().next_missing;
}

std::size_t log_survey::used_files() const noexcept {
  for (std::size_t i = files.size(); i-- > 0;) {
    if (files[i].header || files[i].has_frames) return i + 1;
  }
  return 0;
}

bool log_survey::is_clean() const noexcept {
  const std::size_t used = used_files();
  if (!breaks.empty() || !final_mark || final_mark->file + 1 != used || evidence != expected - 1)
    return false;
  if (!files[final_mark->file].header || files[final_mark->file].trailer) return false;
  return std::all_of(files.begin() + static_cast<std::ptrdiff_t>(used), files.end(),
                     [](const surveyed_file& file) { return file.blank; });
}

bool log_survey::leaves_something_out() const noexcept {
  return !breaks.empty() || std::ranges::any_of(files, [](const surveyed_file& file) {
    const std::uint64_t counts = file.header || file.has_frames ? file.unbroken_end : 0;
    return file.content_end > counts;
  });
}

bool log_survey::agrees_with(const log_survey& other) const noexcept {
  const auto is_same_break = [](const chain_break& left, const chain_break& right) {
    return left.file == right.file && left.offset == right.offset &&
           left.expected == right.expected && left.resumed == right.resumed;
  };
  return evidence == other.evidence && expected == other.expected && chain == other.chain &&
         highest == other.highest && proven.file == other.proven.file &&
         proven.offset == other.proven.offset && pending.size() == other.pending.size() &&
         std::ranges::equal(breaks, other.breaks, is_same_break);
}

result<log_survey> survey_log(segment_files& files, const recovery_request& request) {
  return surveyor(files, request).run();
}

}  // namespace mainstem::log
