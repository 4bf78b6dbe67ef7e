# SPDX-License-Identifier: Apache-2.0
# How the libraries are put together: parts, which are compiled once, and a static and a shared library
# linked from them.

# mainstem_set_requirements(TARGET): what the code of libmainstem needs, and with PUBLIC what its users need.
function(mainstem_set_requirements target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_sources(${target} PUBLIC
    FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES ${mainstem_public_headers})
  target_link_libraries(${target}
    PUBLIC Boost::headers Threads::Threads
    PRIVATE LMDB::LMDB xxHash::xxHash CapnProto::capnp)
endfunction()

# mainstem_add_part(LIBRARY TARGET): an object library becomes part of LIBRARY_static and LIBRARY_shared.
# Nothing in it is exported but what is marked MAINSTEM_API. Its own calls to that need not reckon with
# another library that defines the same function, so that they can be inlined as in a static library.
function(mainstem_add_part library target)
  set_target_properties(${target} PROPERTIES
    POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  target_compile_options(${target} PRIVATE -fno-semantic-interposition)
  set_property(GLOBAL APPEND PROPERTY MAINSTEM_PARTS_OF_${library} "$<TARGET_OBJECTS:${target}>")
endfunction()

# mainstem_add_schemas(FILE...): generates and compiles Cap'n Proto schemas of the calling folder, as
# part of the library. `src/format/manifest.capnp` is included as "format/manifest.capnp.h". Each folder
# calls it once at most.
#
# The objects are a target of their own: a custom command serves only targets of its own folder, and
# generated code must not be held to our warnings.
function(mainstem_add_schemas)
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY "${PROJECT_SOURCE_DIR}"
             OUTPUT_VARIABLE folder)
  string(MAKE_C_IDENTIFIER "mainstem_schemas_${folder}" target)

  set(CAPNPC_SRC_PREFIX "${PROJECT_SOURCE_DIR}")
  set(CAPNPC_OUTPUT_DIR "${PROJECT_BINARY_DIR}")
  capnp_generate_cpp(sources headers ${ARGN})
  foreach(header IN LISTS headers)
    cmake_path(GET header PARENT_PATH output_folder)
    file(MAKE_DIRECTORY "${output_folder}")
  endforeach()

  add_library(${target} OBJECT ${sources} ${headers})
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_include_directories(${target} PRIVATE "${PROJECT_BINARY_DIR}/src")
  target_link_libraries(${target} PRIVATE CapnProto::capnp)
  mainstem_add_part(mainstem ${target})
  add_dependencies(mainstem ${target})
endfunction()

# mainstem_add_library(LIBRARY static|shared): LIBRARY_static or LIBRARY_shared, once all parts are known.
function(mainstem_add_library library flavour)
  set(target ${library}_${flavour})
  string(TOUPPER "${flavour}" type)
  get_property(objects GLOBAL PROPERTY MAINSTEM_PARTS_OF_${library})
  add_library(${target} ${type} ${objects})
  add_library(mainstem::${target} ALIAS ${target})
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${library}
    # Below 1.0 a minor version may change the ABI.
    VERSION "${PROJECT_VERSION}"
    SOVERSION "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}"
    LINKER_LANGUAGE CXX
    # A program with both in it would have two of every global: CMake refuses to make one.
    INTERFACE_MAINSTEM_FLAVOUR ${flavour}
    COMPATIBLE_INTERFACE_STRING MAINSTEM_FLAVOUR)
  if(NOT flavour IN_LIST MAINSTEM_FLAVOURS)
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endfunction()
