# The fuzz targets, with clang and libFuzzer: `fuzz/<name>.cpp` makes the program `fuzz_<name>`, and target `fuzz` makes
# all. They stand on the library and what reads bytes above it; of the layers with the most sources, on the few that do.

if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "the fuzz targets need clang: cmake --preset fuzz")
endif()

belfry_archive(belfry_fuzzed ${library_layers} layer_auth layer_smtp layer_store)
set(fuzzed_sources server/config.cpp server/config_check.cpp server/settings.cpp server/settings_apps.cpp server/limits.cpp
  server/cluster.cpp server/settings_cluster.cpp server/settings_http.cpp server/settings_redis.cpp server/settings_store.cpp
  server/database_name.cpp server/redis_options.cpp server/settings_limits.cpp server/settings_outgoing.cpp server/settings_tls.cpp
  server/setting_value.cpp server/dotenv.cpp server/app_names.cpp apps/common/json.cpp apps/common/client_address.cpp
  apps/health/topics.cpp apps/groups/ids.cpp services/conversations/conversations.cpp)
list(TRANSFORM fuzzed_sources PREPEND "${PROJECT_SOURCE_DIR}/src/")
target_sources(belfry_fuzzed PRIVATE ${fuzzed_sources})
target_link_libraries(belfry_fuzzed PRIVATE tomlplusplus::tomlplusplus)

file(GLOB targets CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/fuzz/*.cpp")
foreach(source IN LISTS targets)
  cmake_path(GET source STEM name)
  add_executable(fuzz_${name} ${source})
  target_include_directories(fuzz_${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(fuzz_${name} PRIVATE belfry_settings belfry_fuzzed -fsanitize=fuzzer)
  list(APPEND programs fuzz_${name})
endforeach()
add_custom_target(fuzz DEPENDS ${programs})
