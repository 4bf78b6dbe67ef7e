# SPDX-License-Identifier: Apache-2.0
@0x8d4cfe027cb5128b;

using Cxx = import "/capnp/c++.capnp";
using Schema = import "/capnp/schema.capnp";
$Cxx.namespace("mainstem::format::schema");

# The schema of an event type as it was when it was recorded, in canonical form: one segment without
# a segment table. Fields are only ever added.
struct RecordedSchema {
  structId @0 :UInt64;           # The node of the event's own struct.
  nodes @1 :List(Schema.Node);   # It and all that it depends on, in the order of their ids.
}
