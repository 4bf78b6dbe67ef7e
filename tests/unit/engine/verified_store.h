// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include <mainstem/verify.h>

#include "engine/store_verifier.h"
#include "format/layout.h"
#include "log/manifest_file.h"
#include "log/segment.h"
#include "support/simulated_store.h"

namespace mainstem::test_support {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::size_t byte_stride = 61;
#else
inline constexpr std::size_t byte_stride = 1;
#endif

enum class ending { open, killed, closed };

/// A small store of several segments on a simulated machine, part of which the index has.
class verified_store {
 public:
  explicit verified_store(ending how = ending::closed, std::uint64_t seed = 1)
      : machine_(seed), store_(machine_, model_, found_, {.options = small_options()}) {
    EXPECT_TRUE(store_.open().has_value());
    while (store_.core().pipeline().spare_number() < 4) append();
    store_.seal();
    store_.rotate_index();
    store_.flush_index();
    store_.save_checkpoint("mailer", position(3));
    append();
    append();
    if (how == ending::closed) store_.close();
    if (how == ending::killed) store_.kill();
    EXPECT_FALSE(found_.any()) << found_.text();
  }

  /// A commit of four events in two streams.
  void append() {
    append_request request;
    for (const char* stream : {"order-1", "order-2"}) {
      std::vector<event_data> events;
      for (int i = 0; i < 2; ++i) {
        std::string payload = "payload " + std::to_string(++number_) + " ";
        payload.resize(150, '.');
        events.emplace_back("happened", text(payload), event_options{.tags = {"a-tag"}});
      }
      request.write(stream_name(stream), any, events);
    }
    store_.submit(std::move(request), durability::synced);
    store_.write_all();
  }

  [[nodiscard]] std::unique_ptr<simulated_machine> machine_copy() const {
    return machine_.killed();
  }
  [[nodiscard]] simulated_machine& machine() noexcept { return machine_; }
  [[nodiscard]] simulated_store& store() noexcept { return store_; }
  [[nodiscard]] const store_model& model() const noexcept { return model_; }
  [[nodiscard]] std::uint64_t events() const noexcept { return number_; }
  [[nodiscard]] static std::string segment_path(std::uint32_t number) {
    return std::string(store_path) + "/log/" + log::segment_file_name(number);
  }
  [[nodiscard]] std::vector<std::byte> bytes_of(const std::string& path) const {
    return machine_.disk().files().at(path);
  }
  /// Where the text stands in a file.
  [[nodiscard]] std::uint64_t offset_of(const std::string& path, std::string_view text) const {
    const auto bytes = bytes_of(path);
    return as_text(bytes).find(text);
  }

  using damage = std::function<void(simulated_machine&)>;
  /// What verifying a copy finds after this was done to it.
  [[nodiscard]] verify_report verify(const damage& harm = {},
                                     const verify_options& options = {}) const {
    const auto copy = machine_.killed();
    if (harm) harm(*copy);
    const std::uint64_t before = copy->disk().fingerprint();
    auto report = engine::verify_store(store_path, options, copy->around());
    EXPECT_EQ(copy->disk().fingerprint(), before) << "verifying has changed the disk";
    EXPECT_TRUE(report.has_value()) << report.error().message();
    return report ? *std::move(report) : verify_report{};
  }

  [[nodiscard]] static store_options small_options() {
    store_options options;
    options.segment_size_bytes = 4096;
    options.index_flush_events = 1024;
    return options;
  }

 private:
  mutable simulated_machine machine_;
  store_model model_;
  findings found_;
  simulated_store store_;
  std::uint64_t number_ = 0;
};

[[nodiscard]] inline std::string kinds_of(const verify_report& report) {
  std::string kinds;
  for (const finding& each : report.findings)
    kinds.append(kinds.empty() ? "" : " ").append(to_string(each.kind));
  return kinds;
}

[[nodiscard]] inline std::string words_of(const verify_report& report) {
  std::string words;
  for (const finding& each : report.findings)
    words.append(to_string(each.kind)).append(": ").append(each.what.message()).append("\n");
  return words;
}

}  // namespace mainstem::test_support
