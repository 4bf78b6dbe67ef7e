# SPDX-License-Identifier: Apache-2.0
@0xcd74c2bca7671431;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("mainstem::bench::schema");

struct OrderOpened {
  cents @0 :UInt64;
  placed @1 :UInt64;
  count @2 :UInt32;
  customer @3 :Text;
  note @4 :Text;
  lines @5 :List(OrderLine);
}

struct OrderLine {
  item @0 :Text;
  count @1 :UInt32;
}
