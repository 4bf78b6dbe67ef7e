// SPDX-License-Identifier: Apache-2.0
#include <capnp/message.h>
#include <capnp/schema-loader.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "format/recorded_schema.capnp.h"
#include "schema_support.h"
#include "typed_support.h"

namespace mainstem::typed {
namespace {

/// What capnp::SchemaLoader says to both versions.
bool loader_refuses(const schema_files& before, const schema_files& after) {
  capnp::SchemaLoader loader;
  const auto load = [&loader](const schema_files& files) {
    const auto recorded = recorded_of(files);
    const aligned_bytes bytes(recorded.front().bytes);
    const detail::payload_message message(bytes.payload().bytes);
    auto& reader = const_cast<detail::payload_message&>(message);
    for (const auto node : reader.getRoot<format::schema::RecordedSchema>().getNodes())
      loader.load(node);
  };
  load(before);
  try {
    load(after);
    return false;
  } catch (const kj::Exception&) {
    return true;
  }
}

enum class loader_says { fine, refuses };

struct change_case {
  const char* name;
  const char* before;
  const char* after;
  const char* findings;
  /// Where it differs from what is found here, schema_check.h says why.
  loader_says loader;
};

std::ostream& operator<<(std::ostream& out, const change_case& value) { return out << value.name; }

class SchemaChange : public testing::TestWithParam<change_case> {};

TEST_P(SchemaChange, IsFoundForWhatItIs) {
  const auto& [name, before_text, after_text, findings, loader] = GetParam();
  const auto before = files_of(before_text);
  const auto after = files_of(after_text);
  const auto report = check_schemas(recorded_of(before), after);
  EXPECT_EQ(said(report), findings);
  EXPECT_EQ(report.schemas, 1U);
  EXPECT_EQ(loader_refuses(before, after), loader == loader_says::refuses);
}

constexpr auto fine = loader_says::fine;
constexpr auto refuses = loader_says::refuses;

const change_case cases[] = {
    {"Nothing", "struct Order { a @0 :Text; }", "struct Order { a @0 :Text; }", "", fine},
    {"FieldAdded", "struct Order { a @0 :Text; }", "struct Order { a @0 :Text; b @1 :Int8; }", "",
     fine},
    {"FieldsReorderedInTheFile", "struct Order { a @0 :Text; b @1 :Int8; }",
     "struct Order { b @1 :Int8; a @0 :Text; }", "", fine},
    {"FieldRemoved", "struct Order { a @0 :Text; b @1 :Int8; }", "struct Order { a @0 :Text; }",
     "b is missing", fine},
    {"FieldRenamed", "struct Order { a @0 :Text; }", "struct Order { b @0 :Text; }",
     "a was renamed", fine},
    {"FieldsOfOneTypeExchanged", "struct Order { from @0 :Text; to @1 :Text; }",
     "struct Order { to @0 :Text; from @1 :Text; }",
     "from changed its number; to changed its number", fine},
    {"NumberChanged", "struct Order { a @0 :Int8; b @1 :Text; }",
     "struct Order { b @0 :Text; a @1 :Int8; }",
     "a changed its number; a changed its type; b changed its number; b changed its type", refuses},
    {"TypeChanged", "struct Order { a @0 :UInt32; }", "struct Order { a @0 :Text; }",
     "a changed its type", refuses},
    {"SignChanged", "struct Order { a @0 :UInt32; }", "struct Order { a @0 :Int32; }",
     "a changed its type", refuses},
    {"TypeBecameWider", "struct Order { a @0 :UInt16; b @1 :UInt16; }",
     "struct Order { a @0 :UInt32; b @1 :UInt16; }",
     "a changed its type; b stands in another place", refuses},
    {"FieldPutInFront", "struct Order { a @0 :UInt8; b @1 :UInt32; }",
     "struct Order { new @0 :UInt8; a @1 :UInt8; b @2 :UInt32; }",
     "a changed its number; b changed its number; b changed its type", refuses},
    {"DefaultOfANumberChanged", "struct Order { a @0 :UInt32 = 1; }",
     "struct Order { a @0 :UInt32 = 2; }", "a changed its default", refuses},
    {"DefaultOfATextChanged", "struct Order { a @0 :Text = \"x\"; }",
     "struct Order { a @0 :Text = \"y\"; }", "a changed its default", fine},
    {"DefaultOfAListChanged", "struct Order { a @0 :List(UInt8) = [1]; }",
     "struct Order { a @0 :List(UInt8) = [1, 2]; }", "a changed its default", fine},
    {"DefaultAdded", "struct Order { a @0 :Bool; }", "struct Order { a @0 :Bool = true; }",
     "a changed its default", refuses},
    {"TextToData", "struct Order { a @0 :Text; }", "struct Order { a @0 :Data; }", "", refuses},
    {"DataToText", "struct Order { a @0 :Data; }", "struct Order { a @0 :Text; }",
     "a changed its type", refuses},
    {"BytesToData", "struct Order { a @0 :List(UInt8); }", "struct Order { a @0 :Data; }", "",
     refuses},
    {"ListToData", "struct Order { a @0 :List(UInt16); }", "struct Order { a @0 :Data; }",
     "a changed its type", refuses},
    {"StructToAnyPointer", "struct Order { a @0 :Line; } struct Line { x @0 :Int8; }",
     "struct Order { a @0 :AnyPointer; }", "", refuses},
    {"AnyPointerToStruct", "struct Order { a @0 :AnyPointer; }",
     "struct Order { a @0 :Line; } struct Line { x @0 :Int8; }", "a changed its type", refuses},
    {"NumberToAnyPointer", "struct Order { a @0 :Int8; }", "struct Order { a @0 :AnyPointer; }",
     "a changed its type", refuses},
    {"ElementsChanged", "struct Order { a @0 :List(Int8); }", "struct Order { a @0 :List(Text); }",
     "a changed its type", refuses},
    {"ElementsInsideListsChanged", "struct Order { a @0 :List(List(Int8)); }",
     "struct Order { a @0 :List(List(Int16)); }", "a changed its type", refuses},
    {"ElementsBecameStructs", "struct Order { a @0 :List(Text); }",
     "struct Order { a @0 :List(Line); } struct Line { x @0 :Text; y @1 :Int8; }", "", fine},
    {"ElementsBecameOtherStructs", "struct Order { a @0 :List(UInt32); }",
     "struct Order { a @0 :List(Line); } struct Line { x @0 :UInt16; y @1 :UInt32; }",
     "a changed its type", refuses},
    {"ElementsBecameStructsWithADefault", "struct Order { a @0 :List(UInt32); }",
     "struct Order { a @0 :List(Line); } struct Line { x @0 :UInt32 = 7; }", "a changed its type",
     refuses},
    {"BitsBecameStructs", "struct Order { a @0 :List(Bool); }",
     "struct Order { a @0 :List(Line); } struct Line { x @0 :Bool; }", "a changed its type", fine},
    {"StructsBecameElements",
     "struct Order { a @0 :List(Line); } struct Line { x @0 :UInt32; y @1 :Text; }",
     "struct Order { a @0 :List(UInt32); }", "a changed its type", fine},
    {"NestedFieldChanged", "struct Order { a @0 :List(Line); struct Line { x @0 :UInt32; } }",
     "struct Order { a @0 :List(Line); struct Line { x @0 :Float32; } }", "a[].x changed its type",
     refuses},
    {"TypeThatContainsItself", "struct Order { next @0 :Order; x @1 :UInt32; }",
     "struct Order { next @0 :Order; x @1 :Text; }", "x changed its type", refuses},
    {"MovedIntoAGroup", "struct Order { a @0 :Text; b @1 :Int8; }",
     "struct Order { g :group { a @0 :Text; b @1 :Int8; } }", "a was renamed; b was renamed", fine},
    {"OneMovedIntoAGroup", "struct Order { a @0 :Text; b @1 :Int8; c @2 :Int8; }",
     "struct Order { a @0 :Text; g :group { b @1 :Int8; d @3 :Text; } c @2 :Int8; }",
     "b was renamed", fine},
    {"MovedIntoAGroupInAnotherOrder", "struct Order { a @0 :Text; b @1 :Int8; c @2 :Int16; }",
     "struct Order { g :group { a @0 :Text; c @2 :Int16; } b @1 :Int8; }",
     "a was renamed; c was renamed", fine},
    {"MovedIntoANewUnion", "struct Order { a @0 :Text; }",
     "struct Order { union { a @0 :Text; b @1 :Int8; } }", "", fine},
    {"MovedIntoAUnionAsSecond", "struct Order { a @0 :Text; b @1 :Int8; }",
     "struct Order { union { a @0 :Text; b @1 :Int8; } }",
     "b stands in another place; b changed its place in unions", refuses},
    {"MovedOutOfAUnion", "struct Order { union { a @0 :Text; b @1 :Int8; } }",
     "struct Order { a @0 :Text; b @1 :Int8; }",
     "a changed its place in unions; b stands in another place; b changed its place in unions",
     refuses},
    {"UnionExtended", "struct Order { union { a @0 :Text; b @1 :Int8; } }",
     "struct Order { union { a @0 :Text; b @1 :Int8; c @2 :Data; } }", "", fine},
    {"UnionMembersReorderedInTheFile", "struct Order { union { a @0 :Text; b @1 :Int8; } }",
     "struct Order { union { b @1 :Int8; a @0 :Text; } }", "", fine},
    {"UnionMemberRemoved", "struct Order { union { a @0 :Void; b @1 :Void; c @2 :Void; } }",
     "struct Order { union { a @0 :Void; b @1 :Void; } }", "c is missing", fine},
    {"UnionNamed", "struct Order { union { a @0 :Void; b @1 :Void; } }",
     "struct Order { u :union { a @0 :Void; b @1 :Void; } }", "a was renamed; b was renamed", fine},
    {"EnumExtended", "struct Order { a @0 :E; } enum E { x @0; }",
     "struct Order { a @0 :E; } enum E { x @0; y @1; }", "", fine},
    {"EnumerantRemoved", "struct Order { a @0 :E; } enum E { x @0; y @1; }",
     "struct Order { a @0 :E; } enum E { x @0; }", "a.y is missing", fine},
    {"EnumerantRenamed", "struct Order { a @0 :E; } enum E { x @0; }",
     "struct Order { a @0 :E; } enum E { z @0; }", "a.x was renamed", fine},
    {"EnumerantsExchanged", "struct Order { a @0 :E; } enum E { x @0; y @1; }",
     "struct Order { a @0 :E; } enum E { y @0; x @1; }",
     "a.x changed its number; a.y changed its number", fine},
    {"EnumBecameANumber", "struct Order { a @0 :E; } enum E { x @0; }",
     "struct Order { a @0 :UInt16; }", "a changed its type", refuses},
    {"OtherEnum", "struct Order { a @0 :E; } enum E { x @0; }",
     "struct Order { a @0 :F; } enum F { x @0; }", "a has another id", refuses},
    {"OtherStructOfTheSameContent", "struct Order { a @0 :L; } struct L { x @0 :Int8; }",
     "struct Order { a @0 :M; } struct M { x @0 :Int8; }", "a has another id", refuses},
    {"OtherStruct", "struct Order { a @0 :L; } struct L { x @0 :Int8; }",
     "struct Order { a @0 :M; } struct M { x @0 :Text; }", "a has another id; a.x changed its type",
     refuses},
    {"OtherArgumentOfAGeneric",
     "struct Order { a @0 :Box(L); } struct Box(T) { c @0 :T; } struct L { x @0 :Int8; }",
     "struct Order { a @0 :Box(Text); } struct Box(T) { c @0 :T; }", "a.c changed its type", fine},
};

INSTANTIATE_TEST_SUITE_P(All, SchemaChange, testing::ValuesIn(cases),
                         [](const auto& given) { return given.param.name; });

TEST(SchemaCheck, StructThatIsGoneIsMissing) {
  const auto before = recorded_of(files_of("struct Order { a @0 :Text; }"));
  const auto report = check_schemas(before, files_of("struct Other { a @0 :Text; }"));
  EXPECT_EQ(said(report), "has no struct in the file");
  EXPECT_FALSE(report.compatible());
}

TEST(SchemaCheck, StructOfTheSameNameAndAnotherIdIsComparedByContent) {
  const auto before = recorded_of(files_of("struct Order { a @0 :Text; }"));
  const auto same =
      check_schemas(before, files_of("struct Order { a @0 :Text; }", "@0xdb1c1b2e1e5d1a02"));
  EXPECT_EQ(said(same), "has another id");
  EXPECT_TRUE(same.compatible());
  const auto changed =
      check_schemas(before, files_of("struct Order { a @0 :Int8; }", "@0xdb1c1b2e1e5d1a02"));
  EXPECT_EQ(said(changed), "has another id; a changed its type");
  EXPECT_FALSE(changed.compatible());
}

TEST(SchemaCheck, RenamedStructIsFoundByItsId) {
  const auto before = recorded_of(files_of("struct Order @0xb5d26f1e9d2e3a01 { a @0 :Text; }"));
  const auto report =
      check_schemas(before, files_of("struct Renamed @0xb5d26f1e9d2e3a01 { a @0 :Text; }"));
  EXPECT_EQ(said(report), "");
}

TEST(SchemaCheck, OnlySomeChangesBreakEvents) {
  const auto before = recorded_of(files_of("struct Order { a @0 :Text; }"));
  EXPECT_TRUE(check_schemas(before, files_of("struct Order { b @0 :Text; }")).compatible());
  EXPECT_FALSE(check_schemas(before, files_of("struct Order { a @0 :Bool; }")).compatible());
}

TEST(SchemaCheck, TypesAndVersionsThatAreNotRegisteredAreFound) {
  const auto files = files_of("struct Order { a @0 :Text; }");
  const auto before = recorded_of(files);
  schema_registry today;
  EXPECT_EQ(said(check_schemas(before, today)), "has no schema today");
  today.add("order", 2, files.find("Order").value()).value();
  const auto report = check_schemas(before, today);
  EXPECT_EQ(said(report), "has no schema today in this version");
  EXPECT_FALSE(report.compatible());
  today.add("order", 1, files.find("Order").value()).value();
  EXPECT_EQ(said(check_schemas(before, today)), "");
}

TEST(SchemaCheck, RecordsThatCannotBeReadAreFound) {
  const auto files = files_of("struct Order { a @0 :Text; }");
  auto before = recorded_of(files);
  schema_registry today;
  today.add(before.front()).value();
  before.front().bytes.resize(16);
  EXPECT_EQ(said(check_schemas(before, today)), "was recorded as something that cannot be read");
  EXPECT_EQ(said(check_schemas(before, files)), "was recorded as something that cannot be read");
}

TEST(SchemaCheck, MessageSaysWhatWasWhatIsAndWhatToDo) {
  const auto before = recorded_of(files_of("struct Order { a @0 :List(UInt32); }"));
  const auto report = check_schemas(before, files_of("struct Order { a @0 :Text; }"));
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].message(),
            "order in schema version 1: a changed its type (it was List(UInt32) and is Text). "
            "Leave the field as it was, and give what is new a field with a new number; or "
            "register the new schema as another schema version, and keep this one for the events "
            "that have it.");
}

// A finding that claims to break nothing must not: what the old schema wrote, the new one reads.
TEST(SchemaCheck, EventsOfACompatibleChangeAreReadAsTheyWereMeant) {
  const auto before = files_of("struct Order { a @0 :List(Text); b @1 :UInt32 = 5; }");
  const auto after = files_of(
      "struct Order { a @0 :List(Line); g :group { c @1 :UInt32 = 5; d @2 :Text; } }"
      "struct Line { x @0 :Text; y @1 :Int8; }");
  ASSERT_TRUE(check_schemas(recorded_of(before), after).compatible());
  capnp::MallocMessageBuilder message;
  auto order = message.initRoot<capnp::DynamicStruct>(before.find("Order").value());
  order.set("a", {"one", "two"});
  order.set("b", 7);
  EXPECT_EQ(payload_to_text(after.find("Order").value(), capnp_payload(message)).value(),
            "( a = [(x = \"one\", y = 0), (x = \"two\", y = 0)],\n  g = (c = 7) )");
}

}  // namespace
}  // namespace mainstem::typed
