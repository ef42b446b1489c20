# Compiler settings that every target of ours shares, as the interface library `belfry_settings`.

add_library(belfry_settings INTERFACE)
target_compile_features(belfry_settings INTERFACE cxx_std_23)
target_include_directories(belfry_settings INTERFACE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include")
target_compile_options(belfry_settings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of g++ 12 at -O2 and above, in the standard library's own code.
  target_compile_options(belfry_settings INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-dangling-pointer
    -Wno-stringop-overflow -Wno-array-bounds)
endif()

if(BELFRY_SANITIZE)
  add_compile_options(-fsanitize=${BELFRY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${BELFRY_SANITIZE})
endif()
if(BELFRY_LTO)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(CMAKE_CXX_COMPILE_OPTIONS_IPO -flto=auto -fno-fat-lto-objects)
  endif()
endif()

find_program(BELFRY_CCACHE ccache)
if(BELFRY_CCACHE)
  # What ccache must be told to work with a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${BELFRY_CCACHE})
endif()

# Some libraries ask for it, and a precompiled header serves only sources that agree.
target_compile_definitions(belfry_settings INTERFACE _FILE_OFFSET_BITS=64)

# belfry_precompile(<target> <header> [library…]): reads the heavy headers of others once for all targets of that header,
# cmake/<header>.h, where BELFRY_PRECOMPILE is on. Presets that only compile (dev, clang) leave it off and so see which include is
# missing.
function(belfry_precompile target header)
  if(NOT BELFRY_PRECOMPILE)
    return()
  endif()
  set(owner belfry_${header})
  if(NOT TARGET ${owner})
    add_library(${owner} OBJECT "${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp")
    get_target_property(kind ${target} TYPE)
    if(kind STREQUAL "EXECUTABLE")
      # A program's flags, which the precompiled header must share.
      set_target_properties(${owner} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${owner} PRIVATE -fPIE)
    endif()
    target_link_libraries(${owner} PRIVATE belfry_settings nlohmann_json::nlohmann_json Threads::Threads ${ARGN})
    target_precompile_headers(${owner} PRIVATE "${PROJECT_SOURCE_DIR}/cmake/${header}.h")
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(belfry_settings INTERFACE -fpch-preprocess)
    endif()
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()
find_program(BELFRY_MOLD mold)
if(BELFRY_MOLD AND NOT BELFRY_LTO)
  add_link_options(-fuse-ld=mold)
endif()
