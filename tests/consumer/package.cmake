# SPDX-License-Identifier: Apache-2.0
# What find_package(mainstem) gives and what it refuses, and that nobody gets both libraries at once.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK_DIR}")
set(configure "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/package" -B "${WORK_DIR}" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_PREFIX_PATH=${PREFIX}")

execute_process(COMMAND ${configure} COMMAND_ERROR_IS_FATAL ANY)

execute_process(COMMAND ${configure} -D LINK_BOTH=ON
  OUTPUT_QUIET ERROR_VARIABLE said RESULT_VARIABLE status)
if(status EQUAL 0 OR NOT said MATCHES "MAINSTEM_FLAVOUR")
  message(FATAL_ERROR "With both libraries in one program, configuring says: ${said}")
endif()
