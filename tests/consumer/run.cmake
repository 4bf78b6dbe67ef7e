# SPDX-License-Identifier: Apache-2.0
# Builds project/ against the installed tree, one way and with one flavour of the libraries, looks at what
# its programs were linked with, and runs them.
cmake_minimum_required(VERSION 3.25)

set(project "${CMAKE_CURRENT_LIST_DIR}/project")
set(build "${WORK_DIR}/build")
file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${build}")

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(build_with_cmake)
  set(shared OFF)
  if(FLAVOUR STREQUAL "shared")
    set(shared ON)
  endif()
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -S "${project}" -B "${build}" -G "${GENERATOR}"
      "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_PREFIX_PATH=${PREFIX}" -D BUILD_SHARED_LIBS=${shared}
    OUTPUT_VARIABLE said ERROR_VARIABLE said ECHO_OUTPUT_VARIABLE ECHO_ERROR_VARIABLE
    COMMAND_ERROR_IS_FATAL ANY)
  # What Mainstem is made of is not the consumer's business, unless it is missing. The tree may lie in a
  # folder that is named after a part of it.
  string(REPLACE "${WORK_DIR}" "" said "${said}")
  if(said MATCHES "LMDB|lmdb|xxHash|Boost|OpenSSL|capnp|kj|Threads|PTHREAD|PkgConfig")
    message(FATAL_ERROR "Configuring speaks of other packages")
  endif()
  if(NOT said MATCHES "module path: \n" OR NOT said MATCHES "log level: \n")
    message(FATAL_ERROR "Configuring left something behind")
  endif()
  run("${CMAKE_COMMAND}" --build "${build}")
endfunction()

# compile(PROGRAM SOURCE PACKAGE)
function(compile program source package)
  set(static "")
  set(link "")
  if(FLAVOUR STREQUAL "static")
    set(static --static)
    set(link -static)
  endif()
  execute_process(COMMAND pkg-config ${static} --cflags --libs "${package}"
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  run("${CXX}" -std=c++20 -fvisibility=hidden -Werror ${link} "${project}/${source}"
      -o "${build}/${program}" ${flags})
endfunction()

function(build_with_pkg_config)
  set(ENV{PKG_CONFIG_PATH} "${PREFIX}/${LIBDIR}/pkgconfig")
  compile(consumer main.cpp mainstem)
  compile(typed typed.cpp mainstem-schema)
  compile(tested tested.cpp mainstem-testing)
endfunction()

# expect_libraries(PROGRAM NOT_WANTED SONAME...): with the shared libraries, the program asks for these and
# for none whose name behind `lib` begins with what matches NOT_WANTED.
function(expect_libraries program not_wanted)
  execute_process(COMMAND readelf --dynamic "${build}/${program}"
    OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
  if(FLAVOUR STREQUAL "shared")
    foreach(soname IN LISTS ARGN)
      string(FIND "${said}" "[${soname}]" found)
      if(found EQUAL -1 OR said MATCHES "\\[lib(${not_wanted})")
        message(FATAL_ERROR "${program} does not ask for ${soname}, or for too much: ${said}")
      endif()
    endforeach()
  elseif(said MATCHES "libmainstem")
    message(FATAL_ERROR "${program} has not got the static library: ${said}")
  endif()
endfunction()

cmake_language(CALL build_with_${WAY})
expect_libraries(consumer "lmdb|capnp|xxhash|mainstem_schema" "libmainstem.so.${SOVERSION}")
expect_libraries(typed "lmdb|capnpc|xxhash" "libmainstem.so.${SOVERSION}"
                 "libmainstem_schema.so.${SOVERSION}")
if(FLAVOUR STREQUAL "shared")
  set(ENV{LD_LIBRARY_PATH} "${PREFIX}/${LIBDIR}")
endif()
run("${build}/consumer" "${WORK_DIR}/store")
run("${build}/typed" "${WORK_DIR}/store")
if(WAY STREQUAL "pkg_config" OR FLAVOUR STREQUAL "static")
  run("${build}/tested")
endif()
