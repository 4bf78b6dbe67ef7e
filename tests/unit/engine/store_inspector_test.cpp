// SPDX-License-Identifier: Apache-2.0
#include "engine/store_inspector.h"

#include "engine/store_folder.h"
#include "log/log_listing.h"
#include "log/manifest_file.h"
#include "verified_store.h"

namespace mainstem::test_support {
namespace {

TEST(DescribeSegment, MayHaveBeenBegunSinceItWasListed) {
  verified_store store(ending::open);
  store.store().make_spare();
  const auto folder =
      engine::open_store_folder(store.machine().around().disk, store_path, false).value();
  const auto identity = log::read_manifest(*folder, false)->store;
  const auto log = folder->open_directory(log::log_folder_name, false).value();
  const auto listed = log::list_segments(*log, identity).value().back();
  const auto blank = engine::describe_segment(*log, identity, listed);
  EXPECT_TRUE(blank.blank);
  EXPECT_FALSE(blank.failure);

  const std::uint64_t before = store.events();
  while (store.store().core().pipeline().spare_number() == listed.number) store.append();
  const auto begun = engine::describe_segment(*log, identity, listed);
  EXPECT_FALSE(begun.blank);
  EXPECT_FALSE(begun.failure) << begun.failure->message();
  EXPECT_GT(begun.first_position, position(before));
  EXPECT_GT(begun.epoch, 0U);
}

TEST(DescribeSegment, SaysWhatIsWrongWithAHeader) {
  verified_store store;
  const auto folder =
      engine::open_store_folder(store.machine().around().disk, store_path, false).value();
  const auto identity = log::read_manifest(*folder, false)->store;
  const auto log = folder->open_directory(log::log_folder_name, false).value();
  auto listed = log::list_segments(*log, identity).value().front();
  store.machine().disk().flip_bit(verified_store::segment_path(1), 100 * 8);
  listed.header.reset();
  const auto damaged = engine::describe_segment(*log, identity, listed);
  EXPECT_FALSE(damaged.blank);
  ASSERT_TRUE(damaged.failure);
  EXPECT_EQ(damaged.failure->code(), make_error_code(errc::corrupt_data));
}

}  // namespace
}  // namespace mainstem::test_support
