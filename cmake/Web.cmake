# The demo page of dev mode, the reference and the stock client from npm, as page, docs and client in <build folder>/web.
# script/bootstrap installs web/node_modules; a build where it is missing or stale does so itself, any other fetches nothing.

find_program(BELFRY_NPM npm)
find_program(BELFRY_NODE NAMES node nodejs)
if(NOT BELFRY_NPM AND NOT EXISTS "${PROJECT_SOURCE_DIR}/web/node_modules/.package-lock.json")
  message(WARNING "npm is missing: the program is built without the demo page and the stock client (script/bootstrap installs it)")
else()
  file(GLOB_RECURSE page CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/web/page/*" "${PROJECT_SOURCE_DIR}/web/docs/*")
  add_custom_command(OUTPUT "${PROJECT_BINARY_DIR}/web.stamp"
    COMMAND "${CMAKE_COMMAND}" "-DNPM=${BELFRY_NPM}" "-DNODE=${BELFRY_NODE}"
      "-DFROM=${PROJECT_SOURCE_DIR}/web" "-DTO=${PROJECT_BINARY_DIR}/web"
      -P "${PROJECT_SOURCE_DIR}/cmake/CopyWeb.cmake"
    COMMAND "${CMAKE_COMMAND}" -E touch "${PROJECT_BINARY_DIR}/web.stamp"
    DEPENDS ${page} "${PROJECT_SOURCE_DIR}/web/package-lock.json" "${PROJECT_SOURCE_DIR}/cmake/CopyWeb.cmake" "${PROJECT_SOURCE_DIR}/cmake/compress.mjs"
    COMMENT "Copying the demo page" VERBATIM)
  add_custom_target(belfry_web DEPENDS "${PROJECT_BINARY_DIR}/web.stamp")
  if(TARGET belfry_program)
    add_dependencies(belfry_program belfry_web)
  endif()
endif()
