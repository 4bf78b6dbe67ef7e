// SPDX-License-Identifier: Apache-2.0
#include "engine/store_inspector.h"

#include "engine/store_folder.h"
#include "log/log_listing.h"
#include "log/manifest_file.h"
#include "verified_store.h"

namespace mainstem::test_support {
namespace {

/// The log of a store, as somebody beside it sees it.
class opened_log {
 public:
  explicit opened_log(verified_store& store)
      : folder_(
            engine::open_store_folder(store.machine().around().disk, store_path, false).value()),
        store_(log::read_manifest(*folder_, false)->store),
        log_(folder_->open_directory(log::log_folder_name, false).value()) {}

  [[nodiscard]] std::vector<log::listed_file> list() const {
    return log::list_segments(*log_, store_).value();
  }
  [[nodiscard]] segment_description describe(const log::listed_file& file) const {
    return engine::describe_segment(*log_, store_, file);
  }

 private:
  std::shared_ptr<os::directory> folder_;
  format::store_identity store_;
  std::shared_ptr<os::directory> log_;
};

TEST(DescribeSegment, MayHaveBeenBegunSinceItWasListed) {
  verified_store store(ending::open);
  store.store().make_spare();
  const opened_log log(store);
  const auto listed = log.list().back();
  const auto blank = log.describe(listed);
  EXPECT_TRUE(blank.blank);
  EXPECT_FALSE(blank.failure);

  const std::uint64_t before = store.events();
  while (store.store().core().pipeline().spare_number() == listed.number) store.append();
  const auto begun = log.describe(listed);
  EXPECT_FALSE(begun.blank);
  EXPECT_FALSE(begun.failure) << begun.failure->message();
  EXPECT_GT(begun.first_position, position(before));
  EXPECT_GT(begun.epoch, 0U);
}

TEST(DescribeSegment, SaysWhatIsWrongWithAHeader) {
  verified_store store;
  const opened_log log(store);
  auto listed = log.list().front();
  store.machine().disk().flip_bit(verified_store::segment_path(1), 100 * 8);
  listed.header.reset();
  const auto damaged = log.describe(listed);
  EXPECT_FALSE(damaged.blank);
  ASSERT_TRUE(damaged.failure);
  EXPECT_EQ(damaged.failure->code(), make_error_code(errc::corrupt_data));
}

}  // namespace
}  // namespace mainstem::test_support
