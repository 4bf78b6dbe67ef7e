// SPDX-License-Identifier: Apache-2.0
#include "log/control_look.h"

#include <array>

#include "format/layout.h"
#include "log/control_file.h"

namespace mainstem::log {
namespace {

error about(const os::file& file, const error& why) {
  return {why.code(), error_info{.detail = why.info().detail, .path = file.path()}};
}

}  // namespace

result<std::optional<format::control_state>> look_at_control(os::directory& store_folder,
                                                             const format::store_identity& store) {
  auto file = store_folder.open_file(control_name, os::open_mode::read_only);
  if (!file) {
    if (os::is_missing(file.error())) return std::optional<format::control_state>();
    return file.error();
  }
  // Of the two slots one is whole at any time; but a slow reader may meet both in turn.
  constexpr int attempts = 100;
  for (int attempt = 1; attempt <= attempts; ++attempt) {
    std::array<std::byte, format::control_page_layout::size> page;
    auto got = (*file)->read_at(0, page);
    if (!got) return got.error();
    if (*got < page.size())
      return about(**file, error(errc::corrupt_data, "the file is too short"));
    if (auto checked = format::check_control_page(page, store); !checked)
      return about(**file, checked.error());
    if (auto state = format::read_control_page(page, store)) return state;
  }
  return about(**file, error(errc::corrupt_data, "neither of its two slots checks out"));
}

}  // namespace mainstem::log
