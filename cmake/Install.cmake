# What `cmake --install` puts in place, as two components: `program` (belfry) and `library` (headers, libbelfry.a, and the
# package that find_package(belfry) reads).
#
# The objects of a build with BELFRY_LTO hold only what this very compiler understands, so such a build installs the
# program alone. The library comes from a build without it, which is the default: `cmake -B build && cmake --install build`.
include(CMakePackageConfigHelpers)

if(TARGET belfry_program)
  install(TARGETS belfry_program RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT program)
endif()

if(NOT BELFRY_LTO)
  set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/belfry")
  target_include_directories(belfry INTERFACE
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_compile_features(belfry INTERFACE cxx_std_23)

  install(TARGETS belfry EXPORT belfry ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library)
  install(DIRECTORY include/belfry DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT library FILES_MATCHING PATTERN "*.h")
  install(EXPORT belfry NAMESPACE belfry:: FILE belfryTargets.cmake DESTINATION "${package_folder}" COMPONENT library)

  configure_package_config_file(cmake/belfryConfig.cmake.in "${PROJECT_BINARY_DIR}/belfryConfig.cmake"
    INSTALL_DESTINATION "${package_folder}")
  # Before 1.0 a minor version may break its users.
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/belfryConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/belfryConfig.cmake" "${PROJECT_BINARY_DIR}/belfryConfigVersion.cmake"
    DESTINATION "${package_folder}" COMPONENT library)
endif()
