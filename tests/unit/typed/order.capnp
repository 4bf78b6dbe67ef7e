# SPDX-License-Identifier: Apache-2.0
@0xf9997bbdd66ed6e8;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("mainstem::typed::schema");

enum Payment {
  none @0;
  card @1;
  cash @2;
}

# At least one field of every kind that a schema may have.
struct OrderOpened {
  customer @0 :Text;
  cents @1 :UInt64;
  urgent @2 :Bool;
  payment @3 :Payment;
  lines @4 :List(OrderLine);
  tags @5 :List(Text);
  signature @6 :Data;
  discount :group {
    percent @7 :Float32;
    reason @8 :Text;
  }
  union {
    pickup @9 :Void;
    address @10 :Address;
  }
  delivery :union {
    unknown @11 :Void;
    on @12 :UInt32;
  }
  history @13 :List(Payment);
  matrix @14 :List(List(Int16));
  extra @15 :AnyPointer;
  note @16 :Boxed(Text);
  retries @17 :Int32 = 3;
  sums @18 :List(Int64);
}

struct OrderLine {
  item @0 :Text;
  count @1 :UInt32;
}

struct Address {
  street @0 :Text;
  country @1 :Text = "de";
}

struct Boxed(T) {
  content @0 :T;
}

# Another shape: a list stands where OrderOpened has its text.
struct OrderPaid {
  parts @0 :List(UInt64);
}

struct Nothing {}

# As deep as somebody likes.
struct Chain {
  next @0 :Chain;
  value @1 :UInt64;
}
