# SPDX-License-Identifier: Apache-2.0
@0xc2d1f4a5b6978e13;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("mainstem::fuzz::schema");

enum Colour {
  red @0;
  green @1;
  blue @2;
}

# A field of every kind that a schema may have.
struct EveryKind {
  name @0 :Text = "nobody";
  data @1 :Data;
  flag @2 :Bool = true;
  small @3 :Int8;
  large @4 :UInt64;
  ratio @5 :Float64 = 0.5;
  colour @6 :Colour;
  part :group {
    weight @7 :Float32;
    note @8 :Text;
  }
  union {
    nothing @9 :Void;
    child @10 :EveryKind;
    number @11 :UInt16;
    texts @12 :List(Text);
  }
  children @13 :List(EveryKind);
  colours @14 :List(Colour);
  flags @15 :List(Bool);
  matrix @16 :List(List(Int16));
  blobs @17 :List(Data);
  anything @18 :AnyPointer;
  box @19 :Box(Text);
  empties @20 :List(Void);
}

struct Box(T) {
  content @0 :T;
}
