// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include <mainstem/append.h>

#include "base/fake_clock.h"
#include "support/store_model.h"

namespace mainstem::test_support {

/// Makes requests of every kind: good ones, conflicts, pure checks, and retries of earlier ones,
/// exact and not.
class request_maker {
 public:
  struct sizes {
    std::size_t streams = 8;       ///< To choose from.
    std::size_t streams_each = 3;  ///< Most that one request writes.
    std::size_t events_each = 4;   ///< Most per stream.
    std::size_t payload_bytes = 120;
  };
  explicit request_maker(const sizes& most) : most_(most) {}

  [[nodiscard]] append_request make(fake_random& random, const store_model& model);
  /// Only new events, at whatever version the streams have.
  [[nodiscard]] append_request make_plain(fake_random& random);

 private:
  [[nodiscard]] event_data make_event(fake_random& random);
  [[nodiscard]] expected_version expect(fake_random& random, std::uint64_t actual) const;
  [[nodiscard]] append_request make_fresh(fake_random& random, const store_model& model);
  [[nodiscard]] append_request spoil(fake_random& random, const append_request& earlier);
  void remember(const append_request& request);

  sizes most_;
  std::deque<append_request> earlier_;
};

/// The name of stream number `index`.
[[nodiscard]] std::string stream_of(std::size_t index);

}  // namespace mainstem::test_support
