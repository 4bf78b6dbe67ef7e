// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <mainstem/schema_files.h>

#include "typed_support.h"

namespace mainstem::typed {
namespace {

const std::filesystem::path order_file = MAINSTEM_SOURCE_DIR "/tests/unit/typed/order.capnp";

TEST(SchemaFiles, HaveTheStructsOfAFileOnTheDisk) {
  schema_files files;
  files.add(order_file).value();
  const auto structs = files.structs();
  EXPECT_EQ(structs, (std::vector<std::string>{"Address", "Boxed", "Chain", "Nothing", "OrderLine",
                                               "OrderOpened", "OrderPaid"}));
  EXPECT_EQ(files.find("OrderOpened").value().getProto().getId(),
            capnp::Schema::from<schema::OrderOpened>().getProto().getId());
}

// What was recorded by the program that was compiled is what the file says.
TEST(SchemaFiles, OfACompiledTypeRecordTheSame) {
  schema_files files;
  files.add(order_file).value();
  schema_registry compiled;
  compiled.add<schema::OrderOpened>("order").value();
  schema_registry parsed;
  parsed.add("order", 1, files.find("OrderOpened").value()).value();
  EXPECT_EQ(parsed.recorded(), compiled.recorded());
  EXPECT_TRUE(check_schemas(compiled.recorded(), files).findings.empty());
}

TEST(SchemaFiles, NameNestedStructsWithTheirParents) {
  schema_files files;
  files.add_text("a.capnp", "@0xdb1c1b2e1e5d1a01; struct A { struct B { struct C {} } enum E {} }")
      .value();
  EXPECT_EQ(files.structs(), (std::vector<std::string>{"A", "A.B", "A.B.C"}));
}

TEST(SchemaFiles, FollowImportsOfEachOther) {
  schema_files files;
  files.add_text("line.capnp", "@0xdb1c1b2e1e5d1a02; struct Line { x @0 :Text; }").value();
  files
      .add_text("order.capnp",
                "@0xdb1c1b2e1e5d1a01; using L = import \"line.capnp\"; struct Order { a @0 "
                ":L.Line; }")
      .value();
  EXPECT_EQ(files.structs(), (std::vector<std::string>{"Line", "Order"}));
}

TEST(SchemaFiles, FollowImportsFromGivenFolders) {
  const std::filesystem::path folders[] = {order_file.parent_path(), "no-such-folder"};
  schema_files files(folders);
  files
      .add_text("mine.capnp",
                "@0xdb1c1b2e1e5d1a01; using O = import \"/order.capnp\"; struct Mine { a @0 "
                ":O.OrderLine; }")
      .value();
  EXPECT_EQ(files.structs(), std::vector<std::string>{"Mine"});
}

TEST(SchemaFiles, SayWhereAFileIsWrong) {
  schema_files files;
  const auto added =
      files.add_text("bad.capnp", "@0xdb1c1b2e1e5d1a01;\nstruct A {\n  a @0 :Missing;\n}");
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error(), errc::invalid_schema);
  EXPECT_EQ(added.error().info().detail, "bad.capnp:3: Not defined: Missing");
  EXPECT_EQ(files.add_text("worse.capnp", "struct").error(), errc::invalid_schema);
  EXPECT_EQ(files.add_text("gap.capnp", "@0xdb1c1b2e1e5d1a03; struct G { a @1 :Text; }").error(),
            errc::invalid_schema);
  EXPECT_EQ(files.add("no-such-file.capnp").error(), errc::invalid_schema);
  EXPECT_EQ(files.add_text("", "").error(), errc::invalid_schema);
}

TEST(SchemaFiles, SayWhatTheyDoNotHave) {
  schema_files files;
  EXPECT_EQ(files.find("Order").error(), errc::invalid_schema);
  EXPECT_EQ(files.find(1).error(), errc::invalid_schema);
  files.add_text("a.capnp", "@0xdb1c1b2e1e5d1a01; struct Order {}").value();
  files.add_text("b.capnp", "@0xdb1c1b2e1e5d1a02; struct Order {}").value();
  EXPECT_EQ(files.find("Order").error().info().detail, "several files have a struct Order");
}

TEST(SchemaFiles, CanBeMoved) {
  schema_files files;
  files.add(order_file).value();
  const schema_files moved = std::move(files);
  EXPECT_TRUE(moved.find("OrderPaid"));
}

}  // namespace
}  // namespace mainstem::typed
