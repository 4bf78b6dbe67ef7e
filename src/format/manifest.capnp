# SPDX-License-Identifier: Apache-2.0
@0xbcce1061e1515048;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("mainstem::format::schema");

# What stands in the manifest file behind its fixed head. Fields are only ever added.
struct Manifest {
  storeId @0 :Data;          # 16 bytes, as all ids.
  lineageId @1 :Data;
  parentLineageId @2 :Data;
  secret @3 :UInt64;         # Seeds the checksums of segment headers and frames.
  created @4 :UInt64;        # Unix nanoseconds.
  compatibleFeatures @5 :UInt64;
  incompatibleFeatures @6 :UInt64;
  minimumReader @7 :UInt32;  # Major * 65536 + minor.
  writerVersion @8 :Text;
}
