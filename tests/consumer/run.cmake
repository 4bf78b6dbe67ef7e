# SPDX-License-Identifier: Apache-2.0
# Installs the build into an empty prefix, builds project/ against it, and runs the result.
cmake_minimum_required(VERSION 3.25)

set(project "${CMAKE_CURRENT_LIST_DIR}/project")
set(prefix "${WORK_DIR}/consumer-prefix")
set(build "${WORK_DIR}/build")
file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${build}")

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run("${CMAKE_COMMAND}" --install "${MAINSTEM_BINARY_DIR}" --prefix "${prefix}")

# Found by its new place alone: an installed tree may be moved.
file(RENAME "${prefix}" "${prefix}-moved")
set(prefix "${prefix}-moved")

if(WAY STREQUAL "cmake")
  set(configure "${CMAKE_COMMAND}" -S "${project}" -G "${GENERATOR}"
      "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_PREFIX_PATH=${prefix}")

  # What Mainstem is made of is not the consumer's business, unless it is missing.
  execute_process(COMMAND ${configure} -B "${build}"
    OUTPUT_VARIABLE said ERROR_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
  message("${said}")
  # The tree may lie in a folder that is named after one of them.
  string(REPLACE "${WORK_DIR}" "" said "${said}")
  if(said MATCHES "LMDB|lmdb|xxHash|Boost|OpenSSL|capnp|kj|Threads|PTHREAD|PkgConfig")
    message(FATAL_ERROR "Configuring speaks of other packages")
  endif()
  if(NOT said MATCHES "module path: \n" OR NOT said MATCHES "log level: \n")
    message(FATAL_ERROR "Configuring left something behind")
  endif()
  execute_process(COMMAND ${configure} -B "${build}-incomplete" -D CMAKE_DISABLE_FIND_PACKAGE_LMDB=ON
    OUTPUT_QUIET ERROR_VARIABLE said RESULT_VARIABLE status)
  if(status EQUAL 0 OR NOT said MATCHES "Mainstem needs LMDB")
    message(FATAL_ERROR "Without LMDB, configuring says: ${said}")
  endif()
  run("${CMAKE_COMMAND}" --build "${build}")
else()
  set(ENV{PKG_CONFIG_PATH} "${prefix}/${MAINSTEM_LIBDIR}/pkgconfig")
  foreach(program main:consumer:mainstem typed:typed:mainstem-schema)
    string(REPLACE ":" ";" program "${program}")
    list(GET program 0 source)
    list(GET program 1 output)
    list(GET program 2 package)
    execute_process(COMMAND pkg-config --cflags --libs "${package}"
      OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    run("${CXX}" -std=c++20 "${project}/${source}.cpp" -o "${build}/${output}" ${flags})
  endforeach()
endif()

set(ENV{LD_LIBRARY_PATH} "${prefix}/${MAINSTEM_LIBDIR}")
run("${build}/consumer" "${WORK_DIR}/store")
run("${build}/typed" "${WORK_DIR}/store")
