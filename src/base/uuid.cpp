// SPDX-License-Identifier: Apache-2.0
#include <mainstem/uuid.h>

#include <pthread.h>

#include <cstring>

#include <boost/uuid/name_generator_sha1.hpp>
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

/// What keeps a text from being a UUID; empty if it is one.
std::string flaw_of(std::string_view text) {
  if (text.size() != text_length) return "it has " + std::to_string(text.size()) + " characters";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool wants_dash = at == 8 || at == 13 || at == 18 || at == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (wants_dash ? c == '-' : hex) continue;
    return (wants_dash ? "there is no dash at character "
                       : "there is no hexadecimal digit at "
                         "character ") +
           std::to_string(at + 1);
  }
  return {};
}

}  // namespace

uuid uuid::generate() noexcept { return generator().next(); }

uuid uuid::from_name(const uuid& name_space, std::string_view name) noexcept {
  boost::uuids::uuid space;
  std::memcpy(space.data, name_space.bytes_.data(), name_space.bytes_.size());
  const boost::uuids::uuid made =
      boost::uuids::name_generator_sha1(space)(name.data(), name.size());
  bytes_type bytes;
  std::memcpy(bytes.data(), made.data, bytes.size());
  return uuid(bytes);
}

result<uuid> uuid::parse(std::string_view text) {
  if (const auto flaw = flaw_of(text); !flaw.empty()) {
    return error(errc::invalid_argument, "not a UUID: " + flaw +
                                             ". One looks like "
                                             "01890a5d-ac96-774b-bcce-b302099a8057");
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
