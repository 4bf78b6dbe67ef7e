# SPDX-License-Identifier: Apache-2.0
# Interface targets of the build, and functions that the folders call.

# Warnings are for our own build. They must never reach a consumer.
add_library(mainstem_warnings INTERFACE)
target_compile_options(mainstem_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion
  # Of files that are compiled as one, each has names of its own.
  $<$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wshadow>
  # Options are given as {.after = seen}: the other members have their defaults.
  -Wno-missing-field-initializers
  # GCC 12 sees overlapping copies in "a" + std::to_string(n) (GCC bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  $<$<BOOL:${MAINSTEM_WARNINGS_AS_ERRORS}>:-Werror>)

# For programs of this repository that look below the public headers: tests and benchmarks. The shared
# library does not export what they look at.
add_library(mainstem_internal INTERFACE)
target_include_directories(mainstem_internal INTERFACE
  "${PROJECT_SOURCE_DIR}/src" "${PROJECT_BINARY_DIR}/src")
target_link_libraries(mainstem_internal INTERFACE
  mainstem::testing mainstem::mainstem_static mainstem_warnings LMDB::LMDB xxHash::xxHash CapnProto::capnp)

# mainstem_add_schema_library(TARGET FILE...): the compiled Cap'n Proto schemas of the calling folder, for its
# tests or benchmarks. `typed/order.capnp` is included as "typed/order.capnp.h". Generated code is not held
# to our warnings.
function(mainstem_add_schema_library target)
  # A folder of its own: a program may be called like a folder of schemas.
  set(CAPNPC_OUTPUT_DIR "${CMAKE_CURRENT_BINARY_DIR}/schemas")
  file(MAKE_DIRECTORY "${CAPNPC_OUTPUT_DIR}")
  capnp_generate_cpp(sources headers ${ARGN})
  add_library(${target} STATIC ${sources} ${headers})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} SYSTEM PUBLIC "${CAPNPC_OUTPUT_DIR}")
  target_link_libraries(${target} PUBLIC CapnProto::capnp)
endfunction()

# mainstem_add_present_subdirectories(FOLDER): adds each folder below FOLDER that has a CMakeLists.txt.
function(mainstem_add_present_subdirectories folder)
  file(GLOB lists CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*/CMakeLists.txt")
  foreach(list IN LISTS lists)
    cmake_path(GET list PARENT_PATH path)
    add_subdirectory("${path}")
  endforeach()
endfunction()
