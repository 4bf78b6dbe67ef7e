// SPDX-License-Identifier: Apache-2.0
#include "payload.h"
#include "streams.h"
#include "test_store.h"

namespace checkout_test {
namespace {

using namespace checkout;
namespace ms = mainstem;

constexpr customer_number payer{1};
constexpr item_number item{1};

class Repository : public test_store {
 protected:
  void SetUp() override {
    submit(register_customer{payer, 10'000});
    submit(replenish_stock{item, 1, 5});
  }
  /// An order for so many of the item, ready to be reserved.
  void open_with_line(order_number number, std::int64_t quantity) {
    submit(open_order{number, payer});
    submit(add_line{number, {item, quantity, 100}});
  }
};

TEST_F(Repository, WritesOrderAndStockInOneCommit) {
  open_with_line(order_number{1}, 2);
  const command_answer answer = submit(reserve_stock{order_number{1}});
  EXPECT_EQ(answer.last_position.value(), answer.first_position.value() + 1);
  const auto first = store.read_event(answer.first_position).value();
  const auto second = store.read_event(answer.last_position).value();
  EXPECT_EQ(first->view().stream(), "order-1");
  EXPECT_EQ(second->view().stream(), "stock-1");
  EXPECT_EQ(first->view().id(), second->view().id());
  EXPECT_EQ(first->view().id(), id_of(reserve_stock{order_number{1}}));
}

TEST_F(Repository, AppendsNothingForARefusedCommand) {
  open_with_line(order_number{1}, 6);
  const ms::position before = store.info().durable;
  const command_answer answer = submit(reserve_stock{order_number{1}});
  ASSERT_TRUE(answer.refused);
  EXPECT_EQ(*answer.refused, (refusal{refusal_reason::sold_out, item}));
  EXPECT_EQ(store.info().written, before);
  EXPECT_EQ(figures.sold_out, 1U);
}

TEST_F(Repository, LetsOneOfTwoHaveTheLastPieces) {
  open_with_line(order_number{1}, 3);
  open_with_line(order_number{2}, 3);
  command_answer one;
  command_answer two;
  begin(aggregates.submit(reserve_stock{order_number{1}}), one);
  begin(aggregates.submit(reserve_stock{order_number{2}}), two);
  run();
  EXPECT_NE(one.refused.has_value(), two.refused.has_value());
  EXPECT_EQ(load(item).available(), 2);
}

// Both had read the stock before either had written.
TEST_F(Repository, StartsOverAfterAConflict) {
  for (std::uint64_t i = 1; i <= 5; ++i) open_with_line(order_number{i}, 1);
  std::array<command_answer, 5> answers;
  for (std::uint64_t i = 0; i < answers.size(); ++i)
    begin(aggregates.submit(reserve_stock{order_number{i + 1}}), answers.at(i));
  run();
  for (const command_answer& each : answers) EXPECT_FALSE(each.refused);
  EXPECT_GT(figures.conflicts, 0U);
  EXPECT_EQ(load(item).available(), 0);
}

TEST_F(Repository, DoesACommandOnceThatIsSubmittedAgain) {
  open_with_line(order_number{1}, 2);
  const command_answer first = submit(reserve_stock{order_number{1}});
  const command_answer again = submit(reserve_stock{order_number{1}});
  EXPECT_FALSE(first.already_committed);
  EXPECT_TRUE(again.already_committed);
  EXPECT_EQ(again.first_position, first.first_position);
  EXPECT_EQ(again.last_position, first.last_position);
  EXPECT_EQ(load(item).available(), 3);
}

TEST_F(Repository, RecognisesACommandAfterEverythingHasMovedOn) {
  open_with_line(order_number{1}, 2);
  const command_answer first = submit(reserve_stock{order_number{1}});
  submit(pay_order{order_number{1}});
  submit(ship_order{order_number{1}});
  submit(replenish_stock{item, 2, 100});
  // Another process has none of this in memory.
  repository other(store, figures, 2);
  for (const command& each :
       {command(open_order{order_number{1}, payer}), command(reserve_stock{order_number{1}}),
        command(pay_order{order_number{1}}), command(ship_order{order_number{1}})}) {
    command_answer again;
    begin(other.submit(each), again);
    run();
    EXPECT_TRUE(again.already_committed) << name_of(each);
  }
  EXPECT_EQ(load(item).sold(), 2);
  EXPECT_EQ(load(payer).owed_cents(), 200);
  EXPECT_EQ(first.first_position, submit(reserve_stock{order_number{1}}).first_position);
}

TEST_F(Repository, BooksADeliveryOnceThatTwoBookAtTheSameTime) {
  command_answer one;
  command_answer two;
  begin(aggregates.submit(replenish_stock{item, 2, 10}), one);
  begin(aggregates.submit(replenish_stock{item, 2, 10}), two);
  run();
  EXPECT_EQ(load(item).on_hand(), 15);
  EXPECT_TRUE(one.already_committed || two.already_committed || one.refused || two.refused);
}

TEST_F(Repository, KnowsTheLastCommandOfAnOrder) {
  std::optional<command> last;
  begin(aggregates.last_command(order_number{1}), last);
  run();
  EXPECT_FALSE(last);
  open_with_line(order_number{1}, 2);
  begin(aggregates.last_command(order_number{1}), last);
  run();
  EXPECT_EQ(name_of(*last), "order-1/add-line-1");
}

TEST_F(Repository, CancelsWhatIsPaidInOneCommit) {
  open_with_line(order_number{1}, 2);
  submit(reserve_stock{order_number{1}});
  submit(pay_order{order_number{1}});
  const command_answer answer = submit(cancel_order{order_number{1}, "why"});
  EXPECT_EQ(answer.last_position.value(), answer.first_position.value() + 2);
  EXPECT_EQ(load(item).available(), 5);
  EXPECT_EQ(load(payer).owed_cents(), 0);
  EXPECT_TRUE(load(order_number{1}).is_done());
}

// Those who have just come through would come first again, and an unlucky one never.
TEST_F(Repository, LetsThoseGoFirstWhoWereOvertakenOften) {
  const auto serve = [this](std::uint64_t worker) -> boost::asio::awaitable<bool> {
    constexpr std::uint64_t orders = 30;
    std::vector<command> wanted;
    for (std::uint64_t i = 0; i < orders; ++i) {
      const order_number number{worker * orders + i};
      wanted.insert(wanted.end(), {open_order{number, payer}, add_line{number, {item, 1, 100}}});
    }
    for (std::uint64_t i = 0; i < orders; ++i) {
      const order_number number{worker * orders + i};
      wanted.insert(wanted.end(), {reserve_stock{number}, cancel_order{number, "to compete"}});
    }
    for (const command& each : wanted) co_await aggregates.submit(each);
    co_return true;
  };
  std::array<bool, 16> served{};
  for (std::uint64_t i = 0; i < served.size(); ++i) begin(serve(i + 1), served.at(i));
  run();
  for (const bool each : served) EXPECT_TRUE(each);
  EXPECT_GT(figures.conflicts, served.size());
  // Whom it lets pass are those in flight: each once, and once more while that is not yet synced.
  EXPECT_LE(figures.most_conflicts, 8 + 2 * served.size());
  EXPECT_EQ(load(item).available(), 5);
}

TEST_F(Repository, GivesUpWhenOthersAreAlwaysFirst) {
  open_with_line(order_number{1}, 2);
  submit(reserve_stock{order_number{1}});
  submit(pay_order{order_number{1}});
  // Something else stands there under the id of the command, and will for ever.
  const command settlement = settle_account{payer, 1};
  const auto other =
      to_stored(customer_event(credit_charged{order_number{9}, 1}), id_of(settlement));
  ASSERT_TRUE(store.append(stream_of(payer), ms::any, other).value().succeeded());
  try {
    submit(settlement);
    FAIL() << "expected it to give up";
  } catch (const std::runtime_error& failure) {
    EXPECT_EQ(std::string_view(failure.what())
                  .find("customer-1/settlement-1: gave up after 50 "
                        "attempts: others were always first, the last "
                        "time: "),
              0U)
        << failure.what();
    EXPECT_NE(std::string_view(failure.what()).find("customer-1"), std::string_view::npos);
  }
}

TEST_F(Repository, SaysWhichEventItCannotRead) {
  const ms::event_data strange("stock-eaten", ms::json("{}"));
  ASSERT_TRUE(store.append(stream_of(item), ms::any, strange).value().succeeded());
  try {
    submit(replenish_stock{item, 2, 1});
    FAIL() << "expected a failure";
  } catch (const std::runtime_error& failure) {
    EXPECT_STREQ(failure.what(), "position 3, stock-eaten of stock-1: no such event is known here");
  }
}

TEST_F(Repository, FailsWhenTheStoreIsClosed) {
  store.close().value();
  EXPECT_THROW(submit(register_customer{customer_number{2}, 1}), boost::system::system_error);
}

}  // namespace
}  // namespace checkout_test
