# SPDX-License-Identifier: Apache-2.0
# Installs the build into an empty prefix, and moves the tree to PREFIX: the other tests find it by its
# new place alone.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK_DIR}" "${PREFIX}")
execute_process(
  COMMAND "${CMAKE_COMMAND}" --install "${MAINSTEM_BINARY_DIR}" --prefix "${WORK_DIR}/prefix"
  COMMAND_ERROR_IS_FATAL ANY)
file(RENAME "${WORK_DIR}/prefix" "${PREFIX}")
