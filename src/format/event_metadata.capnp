# SPDX-License-Identifier: Apache-2.0
@0xd9ce1b654b28ce25;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("mainstem::format::schema");

# An event's metadata, in canonical form: one segment without a segment table. Fields are only ever
# added, and what a reader does not know it passes over.
struct EventMetadata {
  marker @0 :UInt32;         # metadata_marker: tells it from bytes that users put there themselves.
  schemaVersion @1 :UInt32;  # Of the payload; 0 if not given.
  traceparent @2 :Text;      # W3C Trace Context.
  correlationId @3 :Data;    # 16 bytes, as all ids.
  causationId @4 :Data;
  contentType @5 :Text;
  headers @6 :List(MetadataHeader);
}

struct MetadataHeader {
  name @0 :Text;
  value @1 :Data;
}
