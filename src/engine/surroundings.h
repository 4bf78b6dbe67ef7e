// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "index/environment.h"
#include "os/file.h"

namespace mainstem::engine {

/// What a store needs of the world. Tests give a simulated one.
struct surroundings {
  os::disk& disk;
  /// Makes the provider of the store's index for the store's folder.
  std::function<std::unique_ptr<index::environment_provider>(std::shared_ptr<os::directory>)>
      make_index_provider;
  clock_source& clock;
  random_source& random;
};

}  // namespace mainstem::engine
