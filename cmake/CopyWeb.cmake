# cmake -DNPM=… -DNODE=… -DFROM=web -DTO=<build folder>/web -P CopyWeb.cmake
# Makes TO anew of FROM/page, FROM/docs and, in TO/client, the stock client's bundles out of FROM/node_modules, each as it is
# and (where there is a NODE) compressed.

set(installed "${FROM}/node_modules/.package-lock.json")
if("${FROM}/package-lock.json" IS_NEWER_THAN "${installed}")
  execute_process(COMMAND "${NPM}" ci --no-audit --no-fund --loglevel=error
    WORKING_DIRECTORY "${FROM}" RESULT_VARIABLE code OUTPUT_QUIET)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "npm ci in ${FROM} failed: ${code}")
  endif()
  file(TOUCH "${installed}")
endif()

file(REMOVE_RECURSE "${TO}")
file(COPY "${FROM}/page" "${FROM}/docs" DESTINATION "${TO}")
file(GLOB client "${FROM}/node_modules/socket.io-client/dist/socket.io*.js" "${FROM}/node_modules/socket.io-client/dist/socket.io*.js.map")
file(COPY ${client} DESTINATION "${TO}/client")
if(NODE)
  file(GLOB client "${TO}/client/*")
  execute_process(COMMAND "${NODE}" "${CMAKE_CURRENT_LIST_DIR}/compress.mjs" ${client} COMMAND_ERROR_IS_FATAL ANY)
endif()
