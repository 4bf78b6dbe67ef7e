# SPDX-License-Identifier: Apache-2.0
include(CMakePackageConfigHelpers)

set(mainstem_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/mainstem")

# An export set of its own for each, so that who uses the shared library needs nothing else installed.
foreach(flavour IN LISTS MAINSTEM_FLAVOURS)
  foreach(library mainstem mainstem_schema)
    install(TARGETS ${library}_${flavour} EXPORT ${library}_${flavour}
            ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
            LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
            FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
    install(EXPORT ${library}_${flavour} NAMESPACE mainstem:: DESTINATION "${mainstem_package_dir}"
            FILE ${library}_${flavour}.cmake)
  endforeach()
endforeach()

if("static" IN_LIST MAINSTEM_FLAVOURS)
  install(TARGETS mainstem_testing EXPORT mainstem_testing
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
          FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT mainstem_testing NAMESPACE mainstem:: DESTINATION "${mainstem_package_dir}"
          FILE mainstem_testing.cmake)
endif()

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/mainstemConfig.cmake.in" "${PROJECT_BINARY_DIR}/mainstemConfig.cmake"
  INSTALL_DESTINATION "${mainstem_package_dir}"
  NO_SET_AND_CHECK_MACRO)
# Below 1.0 a minor version may change the API.
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(mainstem_compatibility SameMinorVersion)
else()
  set(mainstem_compatibility SameMajorVersion)
endif()
write_basic_package_version_file("${PROJECT_BINARY_DIR}/mainstemConfigVersion.cmake"
  COMPATIBILITY ${mainstem_compatibility})
install(FILES
  "${PROJECT_BINARY_DIR}/mainstemConfig.cmake"
  "${PROJECT_BINARY_DIR}/mainstemConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindLMDB.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindxxHash.cmake"
  DESTINATION "${mainstem_package_dir}")

# A static library needs what it is made of at every link, a shared one does not. Where both are there,
# the linker takes the shared one unless it is told -static, which goes with pkg-config --static.
set(mainstem_pc_packages "lmdb libxxhash capnp")
# capnpc.pc does not say that it needs capnp, which has to come behind it.
set(mainstem_pc_schema_packages "capnpc capnp")
foreach(pc mainstem_pc mainstem_pc_schema)
  set(${pc}_requires "")
  set(${pc}_requires_private "")
  if("shared" IN_LIST MAINSTEM_FLAVOURS)
    set(${pc}_requires_private "${${pc}_packages}")
  else()
    set(${pc}_requires "${${pc}_packages}")
  endif()
endforeach()
cmake_path(IS_ABSOLUTE CMAKE_INSTALL_LIBDIR mainstem_libdir_is_absolute)
if(mainstem_libdir_is_absolute)
  set(mainstem_pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  # Relative to the file itself, so that an installed tree can be moved.
  file(RELATIVE_PATH mainstem_pc_up "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
  set(mainstem_pc_prefix "\${pcfiledir}/${mainstem_pc_up}")
endif()
set(mainstem_pc_files mainstem mainstem-schema)
if("static" IN_LIST MAINSTEM_FLAVOURS)
  list(APPEND mainstem_pc_files mainstem-testing)
endif()
foreach(library IN LISTS mainstem_pc_files)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/${library}.pc.in" "${PROJECT_BINARY_DIR}/${library}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${library}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()
