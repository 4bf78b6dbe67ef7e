// SPDX-License-Identifier: Apache-2.0
#include <mainstem/types.h>

#include "base/text.h"

namespace mainstem {
namespace {

result<void> check_stream_name(std::string_view name) {
  if (auto flaw = name_flaw(name); !flaw.empty())
    return error(errc::invalid_stream_name, std::move(flaw));
  if (name.front() == '$') return error(errc::reserved_name, "the stream " + std::string(name));
  return {};
}

}  // namespace

stream_name::stream_name(std::string_view name) : name_(name) { check_stream_name(name_).value(); }

result<stream_name> stream_name::parse(std::string_view name) {
  if (auto checked = check_stream_name(name); !checked) return checked.error();
  return stream_name(unchecked{}, std::string(name));
}

std::string_view stream_name::category() const& noexcept { return category_of(name_); }

}  // namespace mainstem
