// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "log/file_window.h"
#include "log/recovery.h"

namespace mainstem::log {
namespace {

using frame_handler =
    std::function<result<void>(const segment&, std::uint64_t offset, const format::frame_prefix&,
                               std::span<const std::byte> frame)>;

class replayer {
 public:
  replayer(const log_point& from, const format::store_identity& store, const frame_handler& handle)
      : from_(from), secret_(store.secret), handle_(handle), last_(from.last.value()) {}

  result<void> run(const segment& source) {
    file_window window(source.file(), source.end_offset(), secret_);
    auto begin = start(source, window);
    if (!begin) return begin.error();
    for (std::uint64_t offset = *begin; offset < source.end_offset();) {
      auto prefix = window.prefix_at(offset);
      if (!prefix) return prefix.error();
      auto next = *prefix && source.may_hold(**prefix) ? take(source, window, offset, **prefix)
                                                       : skip(window, offset);
      if (!next) return next.error();
      offset = *next;
    }
    return {};
  }

 private:
  result<std::uint64_t> start(const segment& source, file_window& window) const {
    constexpr std::uint64_t first = format::segment_header_layout::size;
    if (source.number() != from_.segment || from_.offset_bytes <= first) return first;
    auto prefix = window.prefix_at(from_.offset_bytes);
    if (!prefix) return prefix.error();
    const bool is_there = *prefix && (*prefix)->segment == source.number() &&
                          (*prefix)->first_position == from_.last.value() + 1;
    return is_there ? from_.offset_bytes : first;
  }

  result<std::uint64_t> take(const segment& source, file_window& window, std::uint64_t offset,
                             const format::frame_prefix& prefix) {
    const bool is_new = prefix.kind == format::frame_kind::commit && prefix.first_position > last_;
    if (!is_new) return offset + prefix.length;
    auto intact = window.is_intact(offset, prefix);
    if (!intact) return intact.error();
    if (!*intact) return skip(window, offset);
    auto frame = window.frame_at(offset, prefix);
    if (!frame) return frame.error();
    if (auto handled = handle_(source, offset, prefix, *frame); !handled) return handled.error();
    last_ = prefix.last_position();
    return offset + prefix.length;
  }

  static result<std::uint64_t> skip(file_window& window, std::uint64_t offset) {
    return window.find_magic(offset, window.size());
  }

  log_point from_;
  std::uint64_t secret_;
  const frame_handler& handle_;
  std::uint64_t last_;
};

}  // namespace

result<void> replay(const segment_list& segments, const log_point& from,
                    const format::store_identity& store, const frame_handler& handle) {
  replayer player(from, store, handle);
  const auto holds =
      std::find_if(segments.rbegin(), segments.rend(), [&from](const auto& candidate) {
        return candidate->first_position() <= position(from.last.value() + 1);
      });
  const std::size_t begin =
      holds == segments.rend() ? 0 : static_cast<std::size_t>(segments.rend() - holds) - 1;
  for (std::size_t i = begin; i < segments.size(); ++i) {
    if (auto played = player.run(*segments[i]); !played) return played;
  }
  return {};
}

}  // namespace mainstem::log
