# SPDX-License-Identifier: Apache-2.0
# What a user of the build may choose. Defaults are ours only when we are the top-level project.

# BUILD_SHARED_LIBS belongs to the whole build, of which we may be a part: it is read here, not declared.
option(MAINSTEM_BOTH_LIBRARIES
  "Build and install the static and the shared library, whatever BUILD_SHARED_LIBS says"
  "${PROJECT_IS_TOP_LEVEL}")
option(MAINSTEM_BUILD_TESTS "Build the tests" "${PROJECT_IS_TOP_LEVEL}")
option(MAINSTEM_BUILD_EXAMPLES "Build the example programs" "${PROJECT_IS_TOP_LEVEL}")
option(MAINSTEM_BUILD_CTL "Build the program mainstemctl (it needs CLI11)" "${PROJECT_IS_TOP_LEVEL}")
option(MAINSTEM_BUILD_BENCH "Build the benchmarks (they need RocksDB and SQLite)" OFF)
option(MAINSTEM_BUILD_FUZZ "Build the fuzz targets (they need Clang)" OFF)
option(MAINSTEM_INSTALL "Make install rules" "${PROJECT_IS_TOP_LEVEL}")
option(MAINSTEM_WARNINGS_AS_ERRORS "Stop at the first warning" OFF)
set(MAINSTEM_UNITY_TESTS 0 CACHE STRING
  "How many test files are compiled as one: sooner done as a whole, but all of them again after a change; 0: each alone")
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

# What `all` builds and `install` installs. The other one is built if a target links it.
if(MAINSTEM_BOTH_LIBRARIES)
  set(MAINSTEM_FLAVOURS static shared)
elseif(BUILD_SHARED_LIBS)
  set(MAINSTEM_FLAVOURS shared)
else()
  set(MAINSTEM_FLAVOURS static)
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

if(MAINSTEM_BUILD_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "MAINSTEM_BUILD_FUZZ needs Clang, which brings libFuzzer: use the preset fuzz")
  endif()
  # Lets libFuzzer see which paths an input takes.
  add_compile_options(-fsanitize=fuzzer-no-link)
  # What these find AddressSanitizer finds as well, and they cost a fifth of the time of compiling.
  add_compile_options(-fno-sanitize=null,object-size,vptr)
endif()
