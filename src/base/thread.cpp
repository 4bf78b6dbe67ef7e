// SPDX-License-Identifier: Apache-2.0
#include "base/thread.h"

#include <pthread.h>
#include <unistd.h>

namespace mainstem {

void name_thread(const char* name) noexcept {
  static_cast<void>(::pthread_setname_np(::pthread_self(), name));
}

void lower_thread_priority() noexcept {
  // Against POSIX, this is for the calling thread alone on Linux.
  static_cast<void>(::nice(10));
}

}  // namespace mainstem
