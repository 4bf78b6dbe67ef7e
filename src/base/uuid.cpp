// SPDX-License-Identifier: Apache-2.0
#include <mainstem/uuid.h>

#include <pthread.h>

#include <cstring>

#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/id_generator.h"

namespace mainstem {
namespace {

constexpr std::size_t text_length = 36;

id_generator& generator() noexcept {
  // Two processes must not draw from the same block, so a forked child starts with a fresh one.
  static id_generator instance(system_clock_source(), system_random_source());
  static const int hooked =
      pthread_atfork(nullptr, nullptr, [] { generator().restart_in_child(); });
  static_cast<void>(hooked);
  return instance;
}

}  // namespace

uuid uuid::generate() noexcept { return generator().next(); }

result<uuid> uuid::parse(std::string_view text) {
  const auto is_dash_place = [](std::size_t at) {
    return at == 8 || at == 13 || at == 18 || at == 23;
  };
  bool well_formed = text.size() == text_length;
  for (std::size_t i = 0; well_formed && i < text.size(); ++i) {
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    well_formed = is_dash_place(i) ? c == '-' : hex;
  }
  if (!well_formed) {
    return error(errc::invalid_argument, "a UUID looks like 01890a5d-ac96-774b-bcce-b302099a8057");
  }
  const boost::uuids::uuid parsed = boost::uuids::string_generator()(text.begin(), text.end());
  bytes_type bytes;
  std::memcpy(bytes.data(), parsed.data, bytes.size());
  return uuid(bytes);
}

std::string uuid::to_string() const {
  boost::uuids::uuid copy;
  std::memcpy(copy.data, bytes_.data(), bytes_.size());
  return boost::uuids::to_string(copy);
}

}  // namespace mainstem

std::size_t std::hash<mainstem::uuid>::operator()(const mainstem::uuid& id) const noexcept {
  const auto* bytes = id.bytes().data();
  return mainstem::load<std::uint64_t>(bytes) * 0x9e3779b97f4a7c15U ^
         mainstem::load<std::uint64_t>(bytes + 8);
}
