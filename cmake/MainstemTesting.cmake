# SPDX-License-Identifier: Apache-2.0
include(GoogleTest)

# All programs with the label thread: what a TSan build needs, and no more.
add_custom_target(mainstem_thread_tests)

# mainstem_compile_tests_quickly(TARGET [OPTIMISED]): a test file compiles in half the time with line numbers alone,
# which are what a failure needs of debug information, and with less optimising: what it tests is optimised all the
# same. Suites that do much themselves stay OPTIMISED. With MAINSTEM_UNITY_TESTS several files are compiled as one, in a
# third of the time. So names in unnamed namespaces must differ within a program.
function(mainstem_compile_tests_quickly target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "OPTIMISED" "" "")
  if(MAINSTEM_UNITY_TESTS)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE "${MAINSTEM_UNITY_TESTS}")
  endif()
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  endif()
  target_compile_options(${target} PRIVATE -g1)
  if(NOT arg_OPTIMISED)
    target_compile_options(${target} PRIVATE $<IF:$<BOOL:${MAINSTEM_SANITIZE}>,-O0,-O1>)
  endif()
endfunction()

# mainstem_add_test(NAME SOURCES file... [LABELS label...] [LIBRARY target] [LIBS target...]
#                   [TIMEOUT seconds] [ONE_PROCESS] [SERIAL])
#
# One GoogleTest program, which may include <rapidcheck/gtest.h>, and "floor/noun.h" from src/. Each
# TEST becomes a ctest test named NAME.Subject.Claim. Labels: unit (if none is given), model, crash, compat,
# thread, integration, lint, consumer.
#
# LIBRARY is the Mainstem that it links, mainstem_internal if not given. Tests that see the public headers
# alone link mainstem::mainstem_shared: so they show that all they call is exported.
#
# TIMEOUT is for one TEST, 120 seconds if not given. ONE_PROCESS runs the whole program as one ctest
# test, for suites that add up figures over their tests. SERIAL runs it while nothing else runs.
#
# In the sources, MAINSTEM_SOURCE_DIR and MAINSTEM_BUILD_DIR are the top of the source and build trees.
function(mainstem_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ONE_PROCESS;SERIAL" "LIBRARY;TIMEOUT" "SOURCES;LABELS;LIBS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "mainstem_add_test(${name}): SOURCES missing, or unknown: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_LIBRARY)
    set(arg_LIBRARY mainstem_internal)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(arg_SERIAL)
    set(serial TRUE)
  else()
    set(serial FALSE)
  endif()

  set(target "mainstem_${name}_test")
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE
    ${arg_LIBRARY} mainstem_warnings ${arg_LIBS} rapidcheck rapidcheck_gtest GTest::gtest GTest::gtest_main)
  target_compile_definitions(${target} PRIVATE
    MAINSTEM_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    MAINSTEM_BUILD_DIR="${PROJECT_BINARY_DIR}")
  if(arg_LABELS MATCHES "crash|model")
    mainstem_compile_tests_quickly(${target} OPTIMISED)
  else()
    mainstem_compile_tests_quickly(${target})
  endif()
  if("thread" IN_LIST arg_LABELS)
    add_dependencies(mainstem_thread_tests ${target})
  endif()

  if(arg_ONE_PROCESS)
    add_test(NAME ${name} COMMAND ${target})
    set_tests_properties(${name} PROPERTIES
      LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${serial})
  else()
    gtest_discover_tests(${target}
      TEST_PREFIX "${name}."
      TEST_LIST ${target}_tests
      DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${serial})
    # gtest_discover_tests takes a list of labels apart, so they are set when ctest reads the tests.
    set(script "${CMAKE_CURRENT_BINARY_DIR}/${target}_labels.cmake")
    file(WRITE "${script}"
      "if(${target}_tests)\n"
      "  set_tests_properties(\${${target}_tests} PROPERTIES LABELS \"${arg_LABELS}\")\n"
      "endif()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${script}")
  endif()
endfunction()
