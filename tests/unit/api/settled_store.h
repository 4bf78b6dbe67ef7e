// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "api_support.h"

namespace mainstem::api::test {

/// Where the events stand that a later request is held against.
enum class standing {
  right_away,       ///< In the memory of the store that appended them.
  after_flush,      ///< The same, after flush().
  after_indexing,   ///< The index has taken them over.
  after_reopening,  ///< The store was closed and opened again.
  after_crash,      ///< The store was opened again without having been closed.
};

/// A store, and settle(), which brings what was appended so far to where the parameter says.
class settled_store : public testing::TestWithParam<standing> {
 protected:
  [[nodiscard]] store& log() { return *store_; }
  void settle() {
    switch (GetParam()) {
      case standing::right_away: break;
      case standing::after_flush: log().flush().value(); break;
      case standing::after_indexing:
        log().flush().value();  // The index takes what is durable.
        ASSERT_TRUE(comes_true([&] { return log().info().indexed == log().info().written; }));
        break;
      case standing::after_reopening:
        log().close().value();
        open();
        break;
      case standing::after_crash: {
        const auto before = path_;
        path_ = folder_ / ("crash-" + std::to_string(++crashes_));
        log().flush().value();
        copy_store(before, path_);
        open();
        break;
      }
    }
  }
  std::string append(std::string_view stream, expected_version expected,
                     std::initializer_list<std::uint64_t> event_numbers) {
    return test::append(log(), stream, expected, event_numbers);
  }
  std::string append(const append_request& request) { return said(log().append(request).value()); }

 private:
  static store_options options() {
    auto chosen = quiet_options();
    if (GetParam() == standing::after_indexing)
      chosen.index_flush_interval = std::chrono::milliseconds(10);
    return chosen;
  }
  void open() {
    store_.reset();
    store_.emplace(store::open(path_, options()).value());
  }

  temporary_folder folder_;
  std::filesystem::path path_ = folder_ / "store";
  int crashes_ = 0;
  std::optional<store> store_{store::open(path_, options()).value()};
};

inline std::string name_of_standing(const testing::TestParamInfo<standing>& info) {
  switch (info.param) {
    case standing::right_away: return "RightAway";
    case standing::after_flush: return "AfterFlush";
    case standing::after_indexing: return "AfterIndexing";
    case standing::after_reopening: return "AfterReopening";
    case standing::after_crash: break;
  }
  return "AfterCrash";
}

inline const auto every_standing =
    testing::Values(standing::right_away, standing::after_flush, standing::after_indexing,
                    standing::after_reopening, standing::after_crash);

}  // namespace mainstem::api::test
