// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <string>

#include <mainstem/testing/every_step.h>

// The bank itself, as it stands in the examples, on a machine that goes down at each of its steps.
// Only main() may end without a return.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#define main bank_main
#include "../../../examples/bank/bank.cpp"
#undef main
#pragma GCC diagnostic pop

namespace {

namespace mt = mainstem::testing;

struct command {
  std::string stream;
  std::string id;
  long cents = 0;
};
/// What a teller has told the customer.
using answers = std::map<std::string, answer>;

std::vector<command> commands_of(int teller) {
  std::vector<command> all;
  for (int i = 0; i < 4; ++i)
    all.push_back({"account-" + std::to_string((teller + i) % 2),
                   std::to_string(teller) + "/" + std::to_string(i), i % 4 == 3 ? -1500 : 1000});
  return all;
}

asio::awaitable<void> carry_out(ms::store& store, std::string& next, int teller, answers& told) {
  for (const command& each : commands_of(teller))
    told[each.id] = co_await move_money(store, next, each.stream, each.id, each.cents);
}

/// Two tellers at once. Throws what either of them throws.
void open_for_business(mt::simulated_disk& disk, answers& told) {
  std::string next;
  asio::io_context context(1);
  auto store = mt::open(disk, "bank").value();
  std::exception_ptr thrown;
  for (int teller = 0; teller < 2; ++teller)
    asio::co_spawn(context, carry_out(store, next, teller, told), [&](std::exception_ptr failed) {
      if (failed) thrown = failed;
    });
  context.run();
  if (thrown) std::rethrow_exception(thrown);
  store.close().value();
}

std::string check_books(mt::simulated_disk& left, const answers& told) {
  {
    const auto store = mt::open(left, "bank").value();
    std::map<std::string, long> cents;
    auto reader = store.read_all();
    while (const auto batch = reader.next().value()) {
      for (const auto& event : batch) {
        long& balance = cents[std::string(event.stream())];
        balance += std::stol(std::string(event.payload_text()));
        if (balance < 0) return std::string(event.stream()) + " is overdrawn";
      }
    }
  }
  // Everybody sends every command once more.
  answers again;
  open_for_business(left, again);
  for (const auto& [id, said] : told)
    if (said != answer::refused && again[id] != answer::done_before)
      return "command " + id + " was done, and is not";
  return {};
}

TEST(BankOnASimulatedDisk, KeepsItsBooksWhereverThePowerIsLost) {
  mt::step_options options;
  options.stride = 3;
  const auto report = mt::crash_at_every_step<answers>(open_for_business, check_books, options);
  EXPECT_TRUE(report.ok()) << report;
  EXPECT_GT(report.steps, 8U);
}

TEST(BankOnASimulatedDisk, KeepsItsBooksWhateverFails) {
  mt::step_options options;
  options.stride = 3;
  options.power_losses = 1;
  const auto report =
      mt::fail_at_every_step<answers>(open_for_business, check_books, {.error = ENOSPC}, options);
  EXPECT_TRUE(report.ok()) << report;
}

}  // namespace
