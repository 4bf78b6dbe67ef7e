# SPDX-License-Identifier: Apache-2.0
@0xc7d3eeee5703aab3;

# What the README's typed events are.
struct OrderOpened {
  customer @0 :Text;
}

struct OrderPaid {
  parts @0 :List(UInt64);
}
