// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <mainstem/event.h>

#include "parts.h"
#include "target.h"

namespace mainstem::fuzz {

/// The events that stand in the bytes of log files with checksums that hold, wherever that is: what
/// a store may hand out. Found without any of the code that reads a log.
class known_events {
 public:
  void add_file(byte_span file);
  /// The store's, if it is not that of the_store(): what a manifest says may have been changed.
  void use_secret(std::uint64_t secret);

  [[nodiscard]] bool contains(const event_view& event) const {
    return all_.contains(words_of(event, true));
  }
  /// The same, but for stream and version: who reads by stream has those from the index.
  [[nodiscard]] bool contains_content(const event_view& event) const {
    return contents_.contains(words_of(event, false));
  }
  [[nodiscard]] const std::set<std::string, std::less<>>& streams() const noexcept {
    return streams_;
  }

 private:
  [[nodiscard]] static std::string words_of(const event_view& event, bool with_place);
  void add_frames(byte_span file);
  void add_frame(byte_span rest, std::uint64_t offset);

  std::uint64_t secret_ = the_store().secret;
  std::vector<byte_vector> files_;
  std::set<std::string> all_;
  std::set<std::string> contents_;
  std::set<std::string, std::less<>> streams_;
};

}  // namespace mainstem::fuzz
