// SPDX-License-Identifier: Apache-2.0
#include "log/control_file.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "os/simulated_disk.h"
#include "support/recovery_support.h"

namespace mainstem::test {
namespace {

/// The page of a writer that has made position 5 durable, and ended.
class ControlPage : public testing::Test {
 protected:
  void SetUp() override {
    auto writer = log::control_writer::open(*folder_, a_store()).value();
    writer->publish(1, {position(5), 1, 1000, 7});
  }
  [[nodiscard]] auto open_with(const os::fault& failing) {
    disk_.fail_call(1, failing);
    auto opened = log::control_writer::open(*folder_, a_store());
    disk_.clear_faults();
    return opened;
  }
  os::simulated_disk disk_;
  std::shared_ptr<os::directory> folder_ = disk_.open_directory("store", true).value();
};

TEST_F(ControlPage, IsKeptThoughOneReadGetsItWrong) {
  for (std::uint64_t bit = 0; bit < 8 * format::control_page_layout::size; bit += 5) {
    const auto opened = open_with(
        {.effect = os::fault_effect::flips_a_bit, .only = os::call_kind::read, .bit = bit});
    ASSERT_EQ(opened.value()->evidence(), position(5)) << bit;
  }
}

TEST_F(ControlPage, IsKeptThoughOneReadFails) {
  const auto opened = open_with({.error = EIO, .only = os::call_kind::read});
  EXPECT_EQ(opened.value()->evidence(), position(5));
}

TEST_F(ControlPage, IsNotPassedOverForLackOfDescriptors) {
  for (const int number : {EMFILE, ENFILE, ENOMEM}) {
    const auto opened = open_with({.error = number, .for_good = true});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), error_condition::capacity);
  }
  EXPECT_EQ(log::control_writer::open(*folder_, a_store()).value()->evidence(), position(5));
}

TEST_F(ControlPage, IsBegunAnewWhenItStaysWrong) {
  ASSERT_TRUE(disk_.flip_bit(std::string("store/") + log::control_name, 100));
  EXPECT_EQ(log::control_writer::open(*folder_, a_store()).value()->evidence(), position{});
  EXPECT_TRUE(log::control_reader::open(*folder_, a_store()));
}

}  // namespace
}  // namespace mainstem::test
