// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <mainstem/error.h>

namespace mainstem::ctl {

/// What a verb makes, and where: part of it is left there if it ends early.
struct product {
  enum class kind { none, backup, store };
  enum kind kind = kind::none;
  std::string target = {};
};

/// What somebody who has met this error does next. Never empty.
[[nodiscard]] std::string advice_on(const error& why, const product& of = {});

}  // namespace mainstem::ctl
