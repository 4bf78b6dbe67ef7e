// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <mainstem/schema_check.h>

#include "index/kept_state.h"
#include "index/lmdb_environment.h"
#include "os/posix_disk.h"
#include "schema_support.h"
#include "typed_support.h"

namespace mainstem::typed {
namespace {

/// Puts bytes where a schema of `order` should be, as if a broken program had saved them.
void save_as_schema(const std::filesystem::path& store, const uuid& store_id,
                    std::span<const std::byte> bytes) {
  os::posix_disk disk;
  index::lmdb_provider provider(disk.open_directory(store.string(), false).value());
  const auto kept = index::kept_state::open(provider.open("state").value(), store_id).value();
  const index::kept_state::schema_row row{"order", 1, {bytes.begin(), bytes.end()}};
  kept->save_schemas({&row, 1}, [](const auto& /*before*/) -> result<void> { return {}; }).value();
}

TEST(SavedSchema, ThatIsNoneIsReportedAndNotReplaced) {
  small_store store;
  const uuid store_id = store->info().store_id;
  store.reopen([&] { save_as_schema(store.folder(), store_id, bytes_of("no schema")); });
  schema_registry today;
  today.add("order", 1, files_of("struct Order { cents @0 :UInt32; }").find("Order").value())
      .value();
  const auto refused = save_schemas(*store, today);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::corrupt_state);
  EXPECT_NE(refused.error().message().find(
                "the saved schema of order in schema version 1 cannot be read"),
            std::string::npos)
      << refused.error();
  EXPECT_EQ(saved_schemas(*store).value().size(), 1U) << "they are not looked into";
  EXPECT_EQ(said(check_store(*store, today, check_depth::schemas).value()),
            "was recorded as something that cannot be read");
  schema_registry other;
  other.add<schema::OrderOpened>("opened").value();
  EXPECT_TRUE(save_schemas(*store, other)) << "which has nothing to do with it";
}

}  // namespace
}  // namespace mainstem::typed
