// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <functional>

#include "acknowledgements.h"
#include "checkpoint_file.h"
#include "demo_figures.h"
#include "payload.h"
#include "streams.h"
#include "test_store.h"

namespace checkout_test {
namespace {

using namespace checkout;
using namespace example_test;
namespace fs = std::filesystem;
namespace ms = mainstem;

/// What the demo claims is worth as much as its ability to say otherwise.
class Verification : public testing::Test {
 protected:
  scratch_folder folder;
  std::string store = folder / "store";
  std::string work = folder / "work";

  void SetUp() override {
    const auto end =
        run({"demo", "--seconds", "1", "--kills", "0", "--store", store, "--work", work});
    ASSERT_EQ(end.status, 0) << end.err;
  }
  [[nodiscard]] program_end verify() const {
    return run({"verify", "--store", store, "--work", work});
  }
  /// Events that no worker has appended. The follower is made to have seen them.
  void append(const std::function<void(ms::append_request&)>& add) const {
    auto log = ms::store::open(store).value();
    ms::append_request request;
    add(request);
    ASSERT_TRUE(log.append(request).value().succeeded());
    sales_view seen;
    auto reader = log.read_all();
    while (auto batch = reader.next().value())
      for (const ms::event_view& event : batch) static_cast<void>(seen.take(event));
    ASSERT_TRUE(checkpoint_file(work + "/checkpoint").save(seen));
    log.close().value();
  }
  void append(const ms::stream_name& stream, const ms::event_data& event) const {
    append([&](ms::append_request& to) { to.write(stream, ms::any, event); });
  }
  static ms::event_data made(const auto& event) { return to_stored(event, ms::uuid::generate()); }
};

constexpr item_number oversold_item{1};
constexpr order_number nobodys{1'000'000'000};

TEST_F(Verification, ReportsWhatWasOversold) {
  append(stream_of(oversold_item), made(stock_event(stock_reserved{nobodys, 1'000'000})));
  const auto end = verify();
  EXPECT_EQ(end.status, 1);
  EXPECT_EQ(figures_of(end.out).at("oversold"), 1U);
  EXPECT_NE(end.err.find("stock-reserved of stock-1: oversold, -"), std::string::npos) << end.err;
  EXPECT_NE(end.err.find("the store is not what it should be"), std::string::npos) << end.err;
}

TEST_F(Verification, ReportsStockThatIsSetAsideForNobody) {
  append([](ms::append_request& to) {
    to.write(stream_of(oversold_item), ms::any,
             {made(stock_event(stock_delivered{1'000'000, 5})),
              made(stock_event(stock_reserved{nobodys, 1}))});
  });
  const auto end = verify();
  EXPECT_EQ(end.status, 1);
  EXPECT_EQ(figures_of(end.out).at("oversold"), 0U);
  EXPECT_EQ(figures_of(end.out).at("rules broken"), 1U);
  EXPECT_NE(end.err.find("set aside for an order that is not there"), std::string::npos) << end.err;
}

TEST_F(Verification, ReportsAnOrderThatWasPaidWithoutItsCustomer) {
  append([](ms::append_request& to) {
    to.write(stream_of(oversold_item), ms::any,
             {made(stock_event(stock_delivered{1'000'000, 5})),
              made(stock_event(stock_reserved{nobodys, 1}))});
    to.write(stream_of(nobodys), ms::no_stream,
             {made(order_event(order_opened{customer_number{1}})),
              made(order_event(order_line_added{oversold_item, 1, 100})),
              made(order_event(order_reserved{})), made(order_event(order_paid{100}))});
  });
  const auto end = verify();
  EXPECT_EQ(end.status, 1);
  EXPECT_EQ(figures_of(end.out).at("rules broken"), 1U);
  EXPECT_EQ(figures_of(end.out).at("orders left unfinished"), 1U);
  EXPECT_NE(end.err.find("expected that 100 cents are charged, found 0"), std::string::npos)
      << end.err;
}

TEST_F(Verification, ReportsAnOrderThatSkippedAStep) {
  append(stream_of(nobodys), made(order_event(order_shipped{})));
  const auto end = verify();
  EXPECT_EQ(end.status, 1);
  EXPECT_GE(figures_of(end.out).at("rules broken"), 1U);
  EXPECT_NE(end.err.find("order-shipped of order-1000000000: against the rules"), std::string::npos)
      << end.err;
}

TEST_F(Verification, ReportsACustomerBeyondTheLimit) {
  append(stream_of(customer_number{1}),
         made(customer_event(credit_charged{order_number{1}, 1'000'000'000})));
  const auto end = verify();
  EXPECT_EQ(end.status, 1);
  EXPECT_NE(end.err.find("credit-charged of customer-1: against the rules"), std::string::npos)
      << end.err;
}

TEST_F(Verification, ReportsStreamsAndEventsThatItDoesNotKnow) {
  append(ms::stream_name("wishes-1"), ms::event_data("wished", ms::json("{}")));
  append(stream_of(oversold_item), ms::event_data("stock-eaten", ms::json("{}")));
  const auto end = verify();
  EXPECT_EQ(end.status, 1);
  EXPECT_EQ(figures_of(end.out).at("rules broken"), 2U);
  EXPECT_NE(end.err.find("no such stream is known here"), std::string::npos) << end.err;
  EXPECT_NE(end.err.find("no such event is known here"), std::string::npos) << end.err;
}

TEST_F(Verification, ReportsAnAcknowledgedCommitThatIsNotThere) {
  {
    const auto file = open_acknowledgements(work + "/acknowledgements");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->put(acknowledgement{ms::uuid::generate().bytes(), 3, 3}));
    ASSERT_TRUE(file->put(acknowledgement{ms::uuid::generate().bytes(), 1'000'000'000, 1}));
  }
  const auto end = verify();
  EXPECT_EQ(end.status, 1);
  EXPECT_EQ(figures_of(end.out).at("acknowledged and lost"), 2U);
  EXPECT_NE(end.err.find("was acknowledged at position 3, and is not there"), std::string::npos)
      << end.err;
}

TEST_F(Verification, ReportsAFollowerThatSawSomethingElse) {
  const checkpoint_file kept(work + "/checkpoint");
  auto view = kept.load();
  ASSERT_TRUE(view);
  ++view->digest;
  ASSERT_TRUE(kept.save(*view));
  const auto end = verify();
  EXPECT_EQ(end.status, 1);
  EXPECT_NE(end.err.find("the follower has not seen what is in the log"), std::string::npos)
      << end.err;
  EXPECT_NE(end.out.find("NOT WHAT IS IN THE LOG"), std::string::npos) << end.out;
}

TEST_F(Verification, ReportsBytesThatWereChanged) {
  // In the middle of what is written of the first segment.
  std::string path;
  for (const auto& entry : fs::directory_iterator(store + "/log"))
    if (path.empty() || entry.path().string() < path) path = entry.path().string();
  std::string bytes = content_of(path);
  const std::size_t at = bytes.find("stock-reserved", 100'000);
  ASSERT_NE(at, std::string::npos);
  bytes[at] = 'S';
  folder.write("store/log/" + fs::path(path).filename().string(), bytes);
  const auto end = verify();
  EXPECT_EQ(end.status, 1);
  EXPECT_NE(end.err.find("damage"), std::string::npos) << end.err;
}

TEST_F(Verification, SaysThatThereIsNoStore) {
  const auto end = run({"verify", "--store", folder / "nothing", "--work", work});
  EXPECT_EQ(end.status, 1);
  EXPECT_NE(end.err.find("the store does not open"), std::string::npos) << end.err;
  EXPECT_FALSE(fs::exists(folder / "nothing"));
}

}  // namespace
}  // namespace checkout_test
