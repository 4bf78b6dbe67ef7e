// SPDX-License-Identifier: Apache-2.0
#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <mainstem/capnp.h>
#include <mainstem/schema_files.h>
#include <mainstem/store.h>

#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

namespace ms = mainstem;

namespace {

void write_and_read(const std::string& folder) {
  ms::schema_files files;
  files.add_text("order.capnp", "@0xfd1f4d545c556051; struct Opened { customer @0 :Text; }")
      .value();
  ms::schema_registry registry;
  registry.add("opened", 1, files.find("Opened").value()).value();

  auto store = ms::store::open(folder).value();
  capnp::MallocMessageBuilder message;
  message.initRoot<capnp::DynamicStruct>(files.find("Opened").value()).set("customer", "Ada");
  const ms::stream_name order("typed-1");
  store.append(order, ms::no_stream, ms::make_capnp_event("opened", message).value()).value();

  const auto stored = store.read_last(order).value();
  const auto text = registry.to_text(stored->view()).value();
  std::cout << text << '\n';
  if (text.find("Ada") == std::string::npos) throw std::runtime_error("the payload came back");
  if (!ms::check_schemas(registry.recorded(), files).compatible())
    throw std::runtime_error("a schema is compatible with itself");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw std::runtime_error("usage: typed FOLDER");
    write_and_read(argv[1]);
    return 0;
  } catch (const std::exception& failure) {
    std::cerr << "typed: " << failure.what() << '\n';
    return 1;
  }
}
