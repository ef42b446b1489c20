# What is linked from the layers: the program, the conformance server, the benches and the tests.

if(EXISTS "${PROJECT_SOURCE_DIR}/src/server/main.cpp")
  add_executable(belfry_program src/server/main.cpp)
  set_target_properties(belfry_program PROPERTIES OUTPUT_NAME belfry)
  target_link_libraries(belfry_program PRIVATE belfry_settings belfry_everything)
endif()

# belfry_program_from(<name> <folder>): a program of the sources of one folder, on the library alone.
function(belfry_program_from name folder)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.cpp")
  if(sources)
    add_executable(${name} ${sources})
    target_link_libraries(${name} PRIVATE belfry_settings belfry)
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/include")
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
  endif()
endfunction()

if(BELFRY_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
  belfry_unit_tests()
  belfry_program_from(conformance_server tests/conformance/server)
endif()

if(BELFRY_BENCH)
  belfry_program_from(bench_server bench/server)
  belfry_program_from(bench_load bench/load)
endif()

include(Web)
