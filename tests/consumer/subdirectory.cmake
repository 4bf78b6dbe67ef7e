# SPDX-License-Identifier: Apache-2.0
# Mainstem's sources as a part of somebody else's project, which looks at what it gets. Nothing is built:
# that it compiles is shown by Mainstem's own build.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK_DIR}")
set(configure "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/subdirectory" -B "${WORK_DIR}"
    -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${CXX}" "-DMAINSTEM_SOURCE_DIR=${MAINSTEM_SOURCE_DIR}")

execute_process(COMMAND ${configure} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${configure} -D BUILD_SHARED_LIBS=ON COMMAND_ERROR_IS_FATAL ANY)
