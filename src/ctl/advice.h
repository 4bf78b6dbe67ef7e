// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <mainstem/error.h>

namespace mainstem::ctl {

/// What somebody who has met this error does next. Never empty.
[[nodiscard]] std::string advice_on(const error& why);

}  // namespace mainstem::ctl
