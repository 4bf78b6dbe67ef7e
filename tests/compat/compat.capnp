# SPDX-License-Identifier: Apache-2.0
@0xd5a0c7e96b3f1824;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("mainstem::compat::schema");

# What the typed payloads of format version 1 hold. It stays as it is.
struct Order {
  customer @0 :Text;
  cents @1 :UInt64;
  items @2 :List(Text);
}
