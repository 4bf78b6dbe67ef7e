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
  run("${CMAKE_COMMAND}" -S "${project}" -B "${build}" -G "${GENERATOR}"
      "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_PREFIX_PATH=${prefix}")
  run("${CMAKE_COMMAND}" --build "${build}")
else()
  set(ENV{PKG_CONFIG_PATH} "${prefix}/${MAINSTEM_LIBDIR}/pkgconfig")
  execute_process(COMMAND pkg-config --cflags --libs mainstem
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  run("${CXX}" -std=c++20 "${project}/main.cpp" -o "${build}/consumer" ${flags})
endif()

set(ENV{LD_LIBRARY_PATH} "${prefix}/${MAINSTEM_LIBDIR}")
run("${build}/consumer" "${WORK_DIR}/store")
