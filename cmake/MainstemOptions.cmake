# SPDX-License-Identifier: Apache-2.0
# What a user of the build may choose. Defaults are ours only when we are the top-level project.

option(BUILD_SHARED_LIBS "Build shared libraries" OFF)
option(MAINSTEM_BUILD_TESTS "Build the tests" "${PROJECT_IS_TOP_LEVEL}")
option(MAINSTEM_BUILD_EXAMPLES "Build the example programs" "${PROJECT_IS_TOP_LEVEL}")
option(MAINSTEM_BUILD_BENCH "Build the benchmarks (they need RocksDB and SQLite)" OFF)
option(MAINSTEM_INSTALL "Make install rules" "${PROJECT_IS_TOP_LEVEL}")
option(MAINSTEM_WARNINGS_AS_ERRORS "Stop at the first warning" OFF)
set(MAINSTEM_SANITIZE "" CACHE STRING "Sanitizers, as a list: \"address;undefined\" or \"thread\"")

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
  endif()
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  set(CMAKE_CXX_EXTENSIONS OFF)

  find_program(MAINSTEM_CCACHE ccache)
  mark_as_advanced(MAINSTEM_CCACHE)
  if(MAINSTEM_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${MAINSTEM_CCACHE}")
  endif()
endif()

if(BUILD_SHARED_LIBS)
  # The schema objects are an object library of their own and must follow.
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()

if(MAINSTEM_SANITIZE)
  list(JOIN MAINSTEM_SANITIZE "," mainstem_sanitizers)
  add_compile_options("-fsanitize=${mainstem_sanitizers}" -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options("-fsanitize=${mainstem_sanitizers}")
  if("undefined" IN_LIST MAINSTEM_SANITIZE AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # Clang 14's function check reads before the entry of a coroutine and reports a wrong type.
    add_compile_options(-fno-sanitize=function)
  endif()
endif()
