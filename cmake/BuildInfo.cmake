# What `belfry version` prints, as build_info.h in the build folder. The commit is looked up at each build, and the header is
# written anew only where it changed.
set(libraries
  "libuv ${UV_VERSION}" "OpenSSL ${OPENSSL_VERSION}" "SQLite ${SQLite3_VERSION}" "libpq ${libpq_VERSION}" "hiredis ${hiredis_VERSION}"
  "zlib ${ZLIB_VERSION_STRING}"
  "Boost ${Boost_VERSION}" "simdjson ${simdjson_VERSION}" "nlohmann-json ${nlohmann_json_VERSION}" "fmt ${fmt_VERSION}"
  "toml++ ${tomlplusplus_VERSION}" "CLI11 ${CLI11_VERSION}")
string(REPLACE ";" "\\n" libraries "${libraries}")
set(build_info_folder "${PROJECT_BINARY_DIR}/generated")

add_custom_target(belfry_build_info
  COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${PROJECT_SOURCE_DIR}" "-DTO=${build_info_folder}/build_info.h"
    "-DVERSION=${PROJECT_VERSION}" "-DBUILD_TYPE=${CMAKE_BUILD_TYPE}" "-DLIBRARIES=${libraries}"
    -P "${PROJECT_SOURCE_DIR}/cmake/WriteBuildInfo.cmake"
  BYPRODUCTS "${build_info_folder}/build_info.h" COMMENT "Looking up the commit" VERBATIM)
add_dependencies(layer_server belfry_build_info)
target_include_directories(layer_server PRIVATE "${build_info_folder}")
