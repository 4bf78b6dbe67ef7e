# SPDX-License-Identifier: Apache-2.0
include(CMakePackageConfigHelpers)

set(mainstem_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/mainstem")

install(TARGETS mainstem mainstem_capnp mainstem_schema EXPORT mainstemTargets
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT mainstemTargets NAMESPACE mainstem:: DESTINATION "${mainstem_package_dir}")

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/mainstemConfig.cmake.in" "${PROJECT_BINARY_DIR}/mainstemConfig.cmake"
  INSTALL_DESTINATION "${mainstem_package_dir}"
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/mainstemConfigVersion.cmake"
  COMPATIBILITY SameMajorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/mainstemConfig.cmake"
  "${PROJECT_BINARY_DIR}/mainstemConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindLMDB.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindxxHash.cmake"
  DESTINATION "${mainstem_package_dir}")

# A static library needs what it is made of at every link, a shared one does not.
get_target_property(mainstem_type mainstem TYPE)
set(mainstem_pc_packages "lmdb libxxhash capnp")
if(mainstem_type STREQUAL "STATIC_LIBRARY")
  set(mainstem_pc_requires "${mainstem_pc_packages}")
  set(mainstem_pc_requires_private "")
  set(mainstem_pc_schema_requires "capnpc")
  set(mainstem_pc_schema_requires_private "")
else()
  set(mainstem_pc_requires "")
  set(mainstem_pc_requires_private "${mainstem_pc_packages}")
  set(mainstem_pc_schema_requires "")
  set(mainstem_pc_schema_requires_private "capnpc")
endif()
cmake_path(IS_ABSOLUTE CMAKE_INSTALL_LIBDIR mainstem_libdir_is_absolute)
if(mainstem_libdir_is_absolute)
  set(mainstem_pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  # Relative to the file itself, so that an installed tree can be moved.
  file(RELATIVE_PATH mainstem_pc_up "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
  set(mainstem_pc_prefix "\${pcfiledir}/${mainstem_pc_up}")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/mainstem.pc.in" "${PROJECT_BINARY_DIR}/mainstem.pc" @ONLY)
configure_file("${PROJECT_SOURCE_DIR}/cmake/mainstem-schema.pc.in"
  "${PROJECT_BINARY_DIR}/mainstem-schema.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/mainstem.pc" "${PROJECT_BINARY_DIR}/mainstem-schema.pc"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
