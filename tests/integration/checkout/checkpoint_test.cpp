// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <vector>

#include "checkpoint_file.h"
#include "follower.h"
#include "payload.h"
#include "streams.h"
#include "test_store.h"

namespace checkout_test {
namespace {

using namespace checkout;
namespace ms = mainstem;

TEST(CheckpointFile, KeepsPositionAndViewTogether) {
  const example_test::scratch_folder folder;
  const checkpoint_file file(folder / "checkpoint");
  const auto nothing = file.load();
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->position, 0U);
  ASSERT_TRUE(file.save({.position = 17, .digest = ~std::uint64_t{0}, .sold = {{1, 5}, {3, 2}}}));
  const auto kept = file.load();
  ASSERT_TRUE(kept) << kept.error().text;
  EXPECT_EQ(kept->position, 17U);
  EXPECT_EQ(kept->digest, ~std::uint64_t{0});
  EXPECT_EQ(kept->sold, (std::map<std::uint64_t, std::int64_t>{{1, 5}, {3, 2}}));
}

TEST(CheckpointFile, IsRefusedIfItIsNoCheckpoint) {
  const example_test::scratch_folder folder;
  for (const char* bad : {"", "{}", "no JSON", R"({"position":1,"digest":2})"}) {
    const std::string path = folder.write("checkpoint", bad);
    const auto kept = checkpoint_file(path).load();
    ASSERT_FALSE(kept) << bad;
    EXPECT_EQ(kept.error().text,
              path + ": not a checkpoint: delete it, and the follower begins anew");
  }
}

TEST(CheckpointFile, SaysWhereItCannotBeWritten) {
  const example_test::scratch_folder folder;
  const auto saved = checkpoint_file(folder / "no such folder/checkpoint").save({});
  ASSERT_FALSE(saved);
  EXPECT_NE(saved.error().text.find("no such folder/checkpoint: cannot be written"),
            std::string::npos);
}

class FollowerOfSales : public test_store {
 protected:
  void ship(std::uint64_t order, std::int64_t quantity) {
    const stock_event shipped = stock_shipped{order_number{order}, quantity};
    const auto data = to_stored(shipped, ms::uuid::generate());
    store.append(stream_of(item_number{3}), ms::any, data).value();
  }
  /// Follows until `end`; the view at that moment.
  sales_view follow_until(std::uint64_t end) {
    sales_view last;
    const auto is_over = [&](const sales_view& view) {
      last = view;
      return view.position >= end;
    };
    store.close().value();
    const auto done = follower(folder / "store", checkpoint_file(folder / "checkpoint"),
                               {is_over, [](const std::string&) {}})
                          .run();
    EXPECT_TRUE(done) << (done ? "" : done.error().text);
    store = ms::store::open(folder / "store").value();
    return last;
  }
};

TEST_F(FollowerOfSales, GoesOnAtItsCheckpoint) {
  ship(1, 2);
  const sales_view first = follow_until(1);
  EXPECT_EQ(first.sold.at(3), 2);
  ship(2, 5);
  const sales_view second = follow_until(2);
  EXPECT_EQ(second.sold.at(3), 7);
  // The same as one that never stopped.
  std::filesystem::remove(folder / "checkpoint");
  const sales_view whole = follow_until(2);
  EXPECT_EQ(whole.digest, second.digest);
  EXPECT_EQ(whole.sold, second.sold);
}

TEST_F(FollowerOfSales, RefusesACheckpointBeyondTheEndOfTheLog) {
  ship(1, 2);
  store.close().value();
  ASSERT_TRUE(checkpoint_file(folder / "checkpoint").save({.position = 9}));
  const auto done = follower(folder / "store", checkpoint_file(folder / "checkpoint"),
                             {[](const sales_view&) { return false; }, [](const std::string&) {}})
                        .run();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().text.find("the store cannot be followed"), std::string::npos);
}

TEST_F(FollowerOfSales, SaysThatThereIsNoStore) {
  const auto done = follower(folder / "nothing", checkpoint_file(""),
                             {[](const sales_view&) { return false; }, [](const std::string&) {}})
                        .run();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().text.find("the store cannot be followed"), std::string::npos);
}

TEST_F(FollowerOfSales, TakesNoEventButTheNext) {
  ship(1, 2);
  ship(2, 3);
  sales_view view;
  const auto second = store.read_event(ms::position(2)).value();
  const auto taken = view.take(second->view());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().text, "expected position 1, and saw 2");
  EXPECT_EQ(view.position, 0U);
}

}  // namespace
}  // namespace checkout_test
