// SPDX-License-Identifier: Apache-2.0
#include "base/thread.h"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace mainstem {
namespace {

TEST(Thread, HasTheNameThatItWasGiven) {
  std::string seen;
  std::thread([&seen] {
    name_thread("mainstem-test");
    std::array<char, 16> name{};
    ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    seen = name.data();
  }).join();
  EXPECT_EQ(seen, "mainstem-test");
}

TEST(Thread, LowersItsOwnPriorityAndNoOther) {
  const int before = ::getpriority(PRIO_PROCESS, 0);
  int seen = 0;
  std::thread([&seen] {
    lower_thread_priority();
    seen = ::getpriority(PRIO_PROCESS, 0);
  }).join();
  EXPECT_EQ(seen, std::min(before + 10, 19));
  EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), before);
}

}  // namespace
}  // namespace mainstem
