# SPDX-License-Identifier: Apache-2.0
# The same packages stand in mainstemConfig.cmake.in: what is added here is added there.

find_package(Threads REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED)
find_package(LMDB 0.9.24 REQUIRED)
find_package(xxHash 0.8 REQUIRED)
# CapnProto's package script looks for libatomic with a check that compiles as C alone, and so gives up
# in a project that speaks only C++. GCC always ships libatomic: answer for it.
if(NOT CMAKE_C_COMPILER_LOADED)
  set(FOUND_LIBATOMIC TRUE)
endif()
find_package(CapnProto 0.9 CONFIG REQUIRED)
