# cmake -DNPM=… -DFROM=web -DTO=<build folder>/web -P CopyWeb.cmake
# Makes TO anew of FROM/page, FROM/docs and, in TO/client, the stock client out of FROM/node_modules.

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
file(COPY "${FROM}/page/" DESTINATION "${TO}")
file(COPY "${FROM}/docs" DESTINATION "${TO}")
set(client "${FROM}/node_modules/socket.io-client/dist/socket.io.esm.min.js")
file(COPY "${client}" "${client}.map" DESTINATION "${TO}/client")
