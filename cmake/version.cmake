# version.cmake -- writes generated/version.h: version, commit, compiler, flags.
#
# The commit is looked up at each build (a stamp target), so that a run's
# provenance names the sources it was built from, not those of the last cmake.

string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
set(POSBENCH_COMPILER "${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}")
set(POSBENCH_FLAGS "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${build_type}}")
string(STRIP "${POSBENCH_FLAGS}" POSBENCH_FLAGS)

add_custom_target(version_header
  COMMAND ${CMAKE_COMMAND}
          -DSOURCE=${PROJECT_SOURCE_DIR} -DOUTPUT=${PROJECT_BINARY_DIR}/generated/version.h
          -DVERSION=${PROJECT_VERSION} "-DCOMPILER=${POSBENCH_COMPILER}"
          "-DFLAGS=${POSBENCH_FLAGS}" -P ${PROJECT_SOURCE_DIR}/cmake/write_version.cmake
  BYPRODUCTS ${PROJECT_BINARY_DIR}/generated/version.h
  COMMENT "Looking up the commit")
