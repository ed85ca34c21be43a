# write_version.cmake -- run at build time by the target version_header.

execute_process(COMMAND git -C "${SOURCE}" rev-parse --short=12 HEAD
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE
                ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "unknown")
endif()
execute_process(COMMAND git -C "${SOURCE}" status --porcelain --untracked-files=no
                OUTPUT_VARIABLE changes ERROR_QUIET)
set(dirty 0)
if(changes)
  set(dirty 1)
endif()
set(text "#define POSBENCH_VERSION \"${VERSION}\"
#define POSBENCH_COMMIT \"${commit}\"
#define POSBENCH_DIRTY ${dirty}
#define POSBENCH_COMPILER \"${COMPILER}\"
#define POSBENCH_FLAGS \"${FLAGS}\"
")
set(old "")
if(EXISTS "${OUTPUT}")
  file(READ "${OUTPUT}" old)
endif()
if(NOT old STREQUAL text)
  file(WRITE "${OUTPUT}" "${text}")
endif()
