# What `cmake --install` puts in place, as three components: `program` (belfry), `library` (headers, libbelfry.a, and the
# package that find_package(belfry) reads), and `server` (the server with its apps as a library, to add apps of one's own to;
# `find_package(belfry COMPONENTS server)` needs `library`, too).
#
# The objects of a build with BELFRY_LTO hold only what this very compiler understands, so such a build installs the
# program alone. The library comes from a build without it, which is the default: `cmake -B build && cmake --install build`.
include(CMakePackageConfigHelpers)

if(TARGET belfry_program)
  install(TARGETS belfry_program RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT program)
endif()

# The reference and the demo page are the program's; the stock client is any server's.
install(DIRECTORY "${PROJECT_BINARY_DIR}/web/" DESTINATION "${CMAKE_INSTALL_DATADIR}/belfry/web" COMPONENT program OPTIONAL)
install(DIRECTORY "${PROJECT_BINARY_DIR}/web/client" DESTINATION "${CMAKE_INSTALL_DATADIR}/belfry/web" COMPONENT library OPTIONAL)

if(NOT BELFRY_LTO)
  set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/belfry")
  target_include_directories(belfry INTERFACE
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_compile_features(belfry INTERFACE cxx_std_23)

  install(TARGETS belfry EXPORT belfry ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library)
  install(DIRECTORY include/belfry DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT library FILES_MATCHING PATTERN "*.h")
  install(EXPORT belfry NAMESPACE belfry:: FILE belfryTargets.cmake DESTINATION "${package_folder}" COMPONENT library)

  set_target_properties(belfry_everything PROPERTIES OUTPUT_NAME belfry_server EXPORT_NAME server)
  target_include_directories(belfry_everything INTERFACE
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>"
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/belfry-server>")
  target_compile_features(belfry_everything INTERFACE cxx_std_23)
  install(TARGETS belfry_everything EXPORT belfry_server ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT server)
  install(DIRECTORY src/ DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/belfry-server" COMPONENT server FILES_MATCHING PATTERN "*.h")
  install(EXPORT belfry_server NAMESPACE belfry:: FILE belfryServerTargets.cmake DESTINATION "${package_folder}" COMPONENT server)

  configure_package_config_file(cmake/belfryConfig.cmake.in "${PROJECT_BINARY_DIR}/belfryConfig.cmake"
    INSTALL_DESTINATION "${package_folder}" PATH_VARS CMAKE_INSTALL_DATADIR)
  # Before 1.0 a minor version may break its users.
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/belfryConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/belfryConfig.cmake" "${PROJECT_BINARY_DIR}/belfryConfigVersion.cmake"
    DESTINATION "${package_folder}" COMPONENT library)
endif()
