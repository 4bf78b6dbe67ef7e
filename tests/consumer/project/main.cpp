// SPDX-License-Identifier: Apache-2.0
#include <mainstem/store.h>
#include <mainstem/version.h>

#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/system/system_error.hpp>

namespace ms = mainstem;

namespace {

std::vector<std::string> read_payloads(const ms::store& store, const ms::stream_name& stream) {
  std::vector<std::string> payloads;
  auto reader = store.read_stream(stream);
  while (auto batch = reader.next().value())
    for (const auto& event : batch.events()) payloads.emplace_back(event.payload_text());
  return payloads;
}

void expect(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("not so: " + what);
}

void write_and_read(const std::string& folder) {
  const ms::stream_name order("order-1");
  {
    auto store = ms::store::open(folder).value();
    const auto outcome =
        store
            .append(order, ms::no_stream,
                    {ms::event_data("order-placed", ms::json(R"({"item":"kettle"})")),
                     ms::event_data("order-paid", ms::json(R"({"cents":1999})"))})
            .value();
    expect(outcome.committed() != nullptr, "the append is committed");
    store.close().value();
  }
  auto store = ms::store::open(folder).value();
  const auto payloads = read_payloads(store, order);
  for (const auto& payload : payloads) std::cout << payload << '\n';
  expect(payloads == std::vector<std::string>{R"({"item":"kettle"})", R"({"cents":1999})"},
         "both events come back, in order");
  expect(store.stream_info(order).value().version == ms::version{2}, "the stream is at version 2");
}

// What the library throws is caught by the types that this program knows.
void catch_what_is_thrown(const std::string& folder) {
  try {
    (void)ms::store::open(folder, {.create_if_missing = false}).value();
    expect(false, "a store that is not there cannot be opened");
  } catch (const ms::exception& failure) {
    expect(failure.error() == ms::errc::store_not_found, "the error comes along");
    expect(failure.error() == ms::error_condition::invalid, "it has its condition");
    expect(!failure.error().info().path.empty(), "it has its path");
  }
  try {
    const ms::stream_name reserved("$system");
    expect(false, "a reserved name is refused");
  } catch (const boost::system::system_error& failure) {
    expect(failure.code() == ms::errc::reserved_name, "the base class has the code");
    expect(failure.code().category() == ms::error_category(), "there is one category");
  }
}

}  // namespace

int main(int argc, char** argv) {
  // Built with -Werror: the library's own -Wconversion, if it came through to here, would stop this
  // line.
  const float rounded = argc;
  try {
    if (rounded != 2) throw std::runtime_error("usage: consumer FOLDER");
    expect(ms::library_version() == ms::header_version, "the library is that of the headers");
    catch_what_is_thrown(std::string(argv[1]) + "-missing");
    write_and_read(argv[1]);
    return 0;
  } catch (const std::exception& failure) {
    std::cerr << "consumer: " << failure.what() << '\n';
    return 1;
  }
}
