# plugins.cmake -- one plug-in in each file.
#
# add_plugins(<target> <dir> <kind>) adds every <dir>/<kind>_*.c to <target> and writes
# <kind>_list.inc, with a line KIND(<name>) for each file, sorted by name. CONFIGURE_DEPENDS
# makes `make` and `ninja` look for new files at each build, so that a new file needs no edit
# here. When a file lacks its descriptor, the link fails and names it.

function(add_plugins target dir kind)
  file(GLOB sources CONFIGURE_DEPENDS "${dir}/${kind}_*.c")
  string(TOUPPER "${kind}" macro)
  set(lines "")
  foreach(source IN LISTS sources)
    get_filename_component(stem "${source}" NAME_WE)
    string(REGEX REPLACE "^${kind}_" "" name "${stem}")
    if(NOT name MATCHES "^[a-z][a-z0-9_]*$")
      message(FATAL_ERROR "${source}: name a plug-in ${kind}_<lower_case>.c")
    endif()
    string(APPEND lines "${macro}(${name})\n")
  endforeach()
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/generated/${kind}_list.inc"
       CONTENT "${lines}" @ONLY)
  target_sources(${target} PRIVATE ${sources})
  target_include_directories(${target} PUBLIC "${PROJECT_BINARY_DIR}/generated")
endfunction()
