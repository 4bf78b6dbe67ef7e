// SPDX-License-Identifier: Apache-2.0
#include "listing.h"

#include <charconv>
#include <sstream>

#include "base/checksum.h"
#include "fixture.h"

namespace mainstem::compat {
namespace {

std::string or_dash(std::string text) { return text.empty() ? "-" : text; }

}  // namespace

std::string line_of(const event_view& event) {
  std::string tags;
  for (const std::string_view tag : event.tags()) tags.append(tags.empty() ? "" : ",").append(tag);
  std::ostringstream line;
  line << event.position().value() << ' ' << event.stream() << ' ' << event.version().value() << ' '
       << event.id().to_string() << ' ' << event.type() << ' '
       << static_cast<unsigned>(event.codec()) << ' ' << event.time().time_since_epoch().count()
       << ' ' << or_dash(tags) << ' ' << or_dash(to_hex(event.metadata())) << ' '
       << event.payload().size() << ' ' << std::hex << checksum64(event.payload());
  return line.str();
}

}  // namespace mainstem::compat
