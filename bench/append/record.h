// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "common/event_plan.h"

namespace mainstem::bench {

// How an event is laid out in the stores that keep keys and values alone. Numbers in keys are
// big-endian, so that they sort.

inline void append_big_endian(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<unsigned char>(number >> shift)));
}

/// 16 random bytes.
inline void append_event_id(std::string& out, random_source& random) {
  append_big_endian(out, random.next());
  append_big_endian(out, random.next());
}

/// Key of an event's version in its stream.
inline void append_version_key(std::string& out, const planned_event& event) {
  out.append(event.stream);
  out.push_back('\0');
  append_big_endian(out, event.version_before + 1);
}

/// Value of an event: id, version, stream, type, payload.
inline void append_event_value(std::string& out, const planned_event& event,
                               random_source& random) {
  append_event_id(out, random);
  append_big_endian(out, event.version_before + 1);
  out.push_back(static_cast<char>(event.stream.size()));
  out.append(event.stream);
  out.push_back(static_cast<char>(event_type.size()));
  out.append(event_type);
  out.append(reinterpret_cast<const char*>(event.payload.data()), event.payload.size());
}

}  // namespace mainstem::bench
